import { StateGlyph } from '@/ui';
import classes from './own-data.module.css';

export type Place = 'upload' | 'check' | 'target' | 'train' | 'deploy';

const ALL: [Place, string, string][] = [
  ['upload', 'Choose a file', 'A CSV with one row per thing you know: a customer, an order, a machine and a day.'],
  [
    'check',
    'Check types and keys',
    'Each column was read and guessed. Correct what is wrong; the guesses are only guesses.',
  ],
  [
    'target',
    'Choose what to predict',
    'A model learns one column from others. What is known only afterwards must stay out.',
  ],
  [
    'train',
    'Train a baseline',
    'A first model without tuning: it shows how much the columns tell, and is what others must beat.',
  ],
  ['deploy', 'Deploy', 'The model becomes a version that never changes, and an endpoint answers requests with it.'],
];

/** The five steps on one line, and what the present one is for. */
export function Steps({ place }: { place: Place }) {
  const now = ALL.findIndex(([name]) => name === place);
  return (
    <>
      <ol className={classes.steps} aria-label="Steps">
        {ALL.map(([name, title], number) => (
          <li key={name} aria-current={name === place ? 'step' : undefined} data-done={number < now || undefined}>
            <StateGlyph state={number < now ? 'succeeded' : number === now ? 'approval' : 'empty'} />
            {title}
          </li>
        ))}
      </ol>
      <p className={classes.why}>{ALL[now]?.[2]}</p>
    </>
  );
}
