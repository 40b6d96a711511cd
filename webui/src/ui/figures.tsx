import { ago, exact } from '@/lib/format';
import classes from './figures.module.css';

/** A length of work: done of all. Without a share the track stays empty. */
export function Meter({
  share,
  label,
  tone = 's1',
}: {
  share: number | null | undefined;
  label: string;
  tone?: 's1' | 'cand' | 'ok';
}) {
  const part = Math.max(0, Math.min(1, share ?? 0));
  return (
    <div
      className={classes.track}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(part * 100)}
    >
      <div className={classes.fill} data-tone={tone} style={{ width: `${part * 100}%` }} />
    </div>
  );
}

/** A small line without axes, for a strip. */
export function Spark({ values, height = 32, area = false }: { values: number[]; height?: number; area?: boolean }) {
  if (values.length < 2) return <div className={classes.flat} style={{ height }} />;
  const low = Math.min(...values);
  const span = Math.max(...values) - low || 1;
  const points = values.map(
    (value, place) => `${(place / (values.length - 1)) * 200},${30 - ((value - low) / span) * 26}`,
  );
  return (
    <svg
      viewBox="0 0 200 32"
      preserveAspectRatio="none"
      className={classes.spark}
      style={{ height }}
      aria-hidden="true"
    >
      {area && <polygon points={`0,32 ${points.join(' ')} 200,32`} className={classes.sparkArea} />}
      <polyline points={points.join(' ')} className={classes.sparkLine} />
    </svg>
  );
}

/** Small columns, for counts over buckets: a histogram of a column. */
export function Columns({ values, height = 32, label }: { values: number[]; height?: number; label?: string }) {
  const most = Math.max(...values, 1);
  return (
    <svg
      viewBox={`0 0 ${values.length * 4} 32`}
      preserveAspectRatio="none"
      className={classes.spark}
      style={{ height }}
      role="img"
      aria-label={label ?? 'distribution'}
    >
      {values.map((value, place) => {
        const tall = value === 0 ? 0 : Math.max(1, (value / most) * 31);
        return (
          <rect key={place} x={place * 4 + 0.3} width={3.4} y={32 - tall} height={tall} className={classes.column} />
        );
      })}
    </svg>
  );
}

export interface Mark {
  role: 'champion' | 'candidate' | 'baseline';
  value: number;
  low?: number | null;
  high?: number | null;
}

/** Intervals as whiskers with the role's mark, on one scale; a dashed line at the reference, or at the first of several. */
export function IntervalCell({
  marks,
  from,
  to,
  label,
  reference,
}: {
  marks: Mark[];
  from: number;
  to: number;
  label: string;
  reference?: number;
}) {
  const x = (value: number) => 4 + ((value - from) / (to - from || 1)) * 192;
  const height = marks.length * 10 + 8;
  const at = reference ?? (marks.length > 1 ? marks[0]?.value : undefined);
  return (
    <svg viewBox={`0 0 200 ${height}`} className={classes.interval} height={height} role="img" aria-label={label}>
      {at !== undefined && <line x1={x(at)} x2={x(at)} y1={0} y2={height} className={classes.reference} />}
      {marks.map((mark, place) => {
        const y = 9 + place * 10;
        const middle = x(mark.value);
        return (
          <g key={mark.role} data-role={mark.role} className={classes.mark}>
            {mark.low != null && mark.high != null && <line x1={x(mark.low)} x2={x(mark.high)} y1={y} y2={y} />}
            {mark.role === 'champion' && <circle cx={middle} cy={y} r={3.4} />}
            {mark.role === 'candidate' && <path d={`M${middle} ${y - 4.2}l4.2 4.2-4.2 4.2-4.2-4.2z`} />}
            {mark.role === 'baseline' && <rect x={middle - 3} y={y - 3} width={6} height={6} />}
          </g>
        );
      })}
    </svg>
  );
}

/** Named bars with their share at the right. */
export function Bars({ items }: { items: { name: string; value: number; text: string }[] }) {
  const most = Math.max(...items.map((item) => Math.abs(item.value)), Number.MIN_VALUE);
  return (
    <ul className={classes.bars}>
      {items.map((item) => (
        <li key={item.name}>
          <code title={item.name}>{item.name}</code>
          <span className={classes.barTrack}>
            <span className={classes.bar} style={{ width: `${(Math.abs(item.value) / most) * 100}%` }} />
          </span>
          <span className={classes.barText}>{item.text}</span>
        </li>
      ))}
    </ul>
  );
}

/** Parts of a whole in one line, with their names under it. */
export function Split({ parts }: { parts: { name: string; share: number; text: string }[] }) {
  const whole = parts.reduce((sum, part) => sum + part.share, 0) || 1;
  return (
    <div>
      <div className={classes.split}>
        {parts.map((part, place) => (
          <span key={part.name} data-place={place} style={{ width: `${(part.share / whole) * 100}%` }} />
        ))}
      </div>
      <div className={classes.splitNames}>
        {parts.map((part, place) => (
          <span key={part.name}>
            <i data-place={place} /> {part.name} {part.text}
          </span>
        ))}
      </div>
    </div>
  );
}

/** Relative time, exact on hover. */
export function Ago({ at }: { at: string | null | undefined }) {
  if (!at) return <span className={classes.none}>never</span>;
  return (
    <time dateTime={at} title={exact(at)}>
      {ago(at)}
    </time>
  );
}

export function None({ children = 'none' }: { children?: React.ReactNode }) {
  return <span className={classes.none}>{children}</span>;
}

export function Mono({ children }: { children: React.ReactNode }) {
  return <code className={classes.mono}>{children}</code>;
}

export function Quiet({ children }: { children: React.ReactNode }) {
  return <span className={classes.quiet}>{children}</span>;
}
