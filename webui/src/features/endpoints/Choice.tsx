import classes from './endpoints.module.css';

interface Props<Value extends string> {
  label: string;
  value: Value;
  options: [Value, string][];
  onChoose: (value: Value) => void;
}

/** One of a few, as joined buttons: a range, a view. */
export function Choice<Value extends string>({ label, value, options, onChoose }: Props<Value>) {
  return (
    <fieldset className={classes.ranges} aria-label={label} style={{ padding: 0, margin: 0 }}>
      {options.map(([one, text]) => (
        <button key={one} type="button" aria-pressed={one === value} onClick={() => onChoose(one)}>
          {text}
        </button>
      ))}
    </fieldset>
  );
}
