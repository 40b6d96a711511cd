import classes from './StateGlyph.module.css';

export type StateName =
  | 'queued'
  | 'running'
  | 'succeeded'
  | 'failed'
  | 'cancelled'
  | 'live'
  | 'canary'
  | 'drift'
  | 'late'
  | 'approval'
  | 'retired'
  | 'pruned'
  | 'empty';

type Tone = 'accent' | 'ok' | 'warn' | 'bad' | 'cand' | 'neutral';

export const TONE: Record<StateName, Tone> = {
  queued: 'neutral',
  running: 'accent',
  succeeded: 'ok',
  failed: 'bad',
  cancelled: 'neutral',
  live: 'ok',
  canary: 'cand',
  drift: 'warn',
  late: 'warn',
  approval: 'accent',
  retired: 'neutral',
  pruned: 'neutral',
  empty: 'neutral',
};

const LINE = { fill: 'none', stroke: 'currentColor', strokeWidth: 1.6, strokeLinecap: 'round' as const };

function shape(state: StateName) {
  switch (state) {
    case 'running':
      return (
        <>
          <circle cx="8" cy="8" r="5.6" {...LINE} opacity={0.25} />
          <path d="M8 2.4a5.6 5.6 0 1 1-5.3 3.8" {...LINE} className={classes.arc} />
        </>
      );
    case 'queued':
      return <circle cx="8" cy="8" r="5.6" {...LINE} strokeDasharray="1.6 2.8" />;
    case 'succeeded':
      return (
        <>
          <circle cx="8" cy="8" r="6.4" fill="currentColor" />
          <path d="m5.2 8.2 2 2 3.7-4.2" {...LINE} stroke="var(--surface)" />
        </>
      );
    case 'failed':
      return (
        <>
          <rect x="2" y="2" width="12" height="12" rx="2.5" fill="currentColor" />
          <path d="m5.6 5.6 4.8 4.8m0-4.8-4.8 4.8" {...LINE} stroke="var(--surface)" />
        </>
      );
    case 'cancelled':
      return (
        <>
          <circle cx="8" cy="8" r="5.6" {...LINE} />
          <path d="m4.2 11.8 7.6-7.6" {...LINE} />
        </>
      );
    case 'live':
      return (
        <>
          <circle cx="8" cy="8" r="5.8" {...LINE} />
          <circle cx="8" cy="8" r="2.9" fill="currentColor" />
        </>
      );
    case 'canary':
      return (
        <>
          <circle cx="8" cy="8" r="5.8" {...LINE} />
          <path d="M8 2.2a5.8 5.8 0 0 1 0 11.6z" fill="currentColor" />
        </>
      );
    case 'drift':
      return (
        <>
          <path d="M8 1.8 15 14H1z" fill="currentColor" strokeLinejoin="round" />
          <path d="M8 6.4v3.2M8 11.6v.1" {...LINE} stroke="var(--surface)" />
        </>
      );
    case 'late':
      return (
        <>
          <circle cx="8" cy="8" r="5.8" {...LINE} />
          <path d="M8 4.8V8l2.2 1.4" {...LINE} />
        </>
      );
    case 'approval':
      return (
        <>
          <path d="M8 1.8 14.2 8 8 14.2 1.8 8z" {...LINE} strokeLinejoin="round" />
          <path d="M8 6 10 8 8 10 6 8z" fill="currentColor" />
        </>
      );
    case 'retired':
      return (
        <>
          <rect x="2.6" y="2.6" width="10.8" height="10.8" rx="2" {...LINE} />
          <path d="M5.4 8h5.2" {...LINE} />
        </>
      );
    case 'pruned':
      return <path d="m4 4 8 8m0-8-8 8" {...LINE} />;
    default:
      return <circle cx="8" cy="8" r="5.6" {...LINE} opacity={0.7} />;
  }
}

/** A state drawn as a shape; colour is the second sign. Give a label where no word stands beside it. */
export function StateGlyph({ state, size = 14, label }: { state: StateName; size?: number; label?: string }) {
  const named = label ? { role: 'img', 'aria-label': label } : { 'aria-hidden': true as const };
  return (
    // biome-ignore lint/a11y/noSvgWithoutTitle: the attributes beside it name it, or hide it
    <svg viewBox="0 0 16 16" width={size} height={size} className={classes.glyph} data-tone={TONE[state]} {...named}>
      {shape(state)}
    </svg>
  );
}

/** The glyph of a state word as the API writes it. */
export function stateOf(word: string | null | undefined): StateName {
  const known: Record<string, StateName> = {
    queued: 'queued',
    pending: 'queued',
    retrying: 'late',
    requested: 'queued',
    waiting: 'queued',
    claimed: 'running',
    running: 'running',
    finishing: 'running',
    cancelling: 'cancelled',
    succeeded: 'succeeded',
    ready: 'succeeded',
    published: 'succeeded',
    complete: 'succeeded',
    completed: 'succeeded',
    fresh: 'succeeded',
    failed: 'failed',
    cancelled: 'cancelled',
    live: 'live',
    active: 'live',
    serving: 'live',
    pruned: 'pruned',
    retired: 'retired',
    superseded: 'retired',
    rolled_back: 'retired',
    attention: 'drift',
    stale: 'late',
    late: 'late',
    empty: 'empty',
  };
  return known[word ?? ''] ?? (word ? 'running' : 'empty');
}
