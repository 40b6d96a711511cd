import classes from './Panel.module.css';

interface PanelProps {
  title?: React.ReactNode;
  note?: React.ReactNode;
  right?: React.ReactNode;
  children?: React.ReactNode;
  flush?: boolean;
  label?: string;
  className?: string;
}

/** One framed part of the page: a heading that says the finding, a quiet note, and what stands at its right. */
export function Panel({ title, note, right, children, flush = false, label, className }: PanelProps) {
  return (
    <section className={`${classes.panel} ${className ?? ''}`} aria-label={label}>
      {title && (
        <header className={classes.head}>
          <h2 className={classes.title}>{title}</h2>
          {note && <span className={classes.note}>{note}</span>}
          {right && <span className={classes.right}>{right}</span>}
        </header>
      )}
      <div className={flush ? undefined : classes.body}>{children}</div>
    </section>
  );
}

/** Facts as name and value, split by hairlines. */
export function Facts({ items }: { items: [string, React.ReactNode][] }) {
  return (
    <dl className={classes.facts}>
      {items.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Neighbours that are read together: one frame, split by hairlines. */
export function Strip({ children, label }: { children: React.ReactNode; label: string }) {
  return (
    <section className={classes.strip} aria-label={label}>
      {children}
    </section>
  );
}

/** One cell of a strip: a name, a state, a figure and what it means. */
export function Cell(props: {
  name: React.ReactNode;
  state?: React.ReactNode;
  figure?: React.ReactNode;
  unit?: React.ReactNode;
  note?: React.ReactNode;
  children?: React.ReactNode;
}) {
  return (
    <div className={classes.cell}>
      <div className={classes.cellHead}>
        <span className={classes.cellName}>{props.name}</span>
        {props.state}
      </div>
      <div className={classes.cellFigure}>
        <span className={classes.figure}>{props.figure}</span>
        {props.unit && <span className={classes.unit}>{props.unit}</span>}
      </div>
      {props.note && <div className={classes.cellNote}>{props.note}</div>}
      {props.children}
    </div>
  );
}

/** The two columns of a page: the wide one answers the question, the narrow one holds facts and acts. */
export function Columns({ children, narrow = 'md' }: { children: React.ReactNode; narrow?: 'md' | 'lg' }) {
  return (
    <div className={classes.columns} data-narrow={narrow}>
      {children}
    </div>
  );
}

export function Stack({ children }: { children: React.ReactNode }) {
  return <div className={classes.stack}>{children}</div>;
}

export function Row({ children, wrap = true }: { children: React.ReactNode; wrap?: boolean }) {
  return (
    <div className={classes.row} data-wrap={wrap}>
      {children}
    </div>
  );
}
