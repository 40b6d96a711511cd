import { useState } from 'react';
import type { Report, Segment } from '@/api/types';
import { brief, delta, number, percent } from '@/lib/format';
import { nameOf } from '@/lib/metrics';
import { DataTable } from '../DataTable';
import { IntervalCell, Mono } from '../figures';
import { Panel } from '../Panel';
import classes from './report.module.css';

const SHOWN = 8;

/** Slices of the hold-out, the worst gap to the whole first. */
export function Segments({ report }: { report: Report }) {
  const [all, setAll] = useState(false);
  const measure = report.segments[0]?.metric;
  const whole = measure === undefined ? undefined : report.metrics.test[measure];
  if (measure === undefined || whole === undefined) return null;
  const shown = all ? report.segments : report.segments.slice(0, SHOWN);
  const from = Math.min(...shown.map((segment) => segment.low), whole.value);
  const to = Math.max(...shown.map((segment) => segment.high), whole.value);
  const metric = nameOf(measure);
  const mean = report.task === 'binary' ? 'Positive' : 'Mean label';
  const more = report.segments.length > SHOWN && (
    <button
      type="button"
      className="mantine-focus-auto"
      onClick={() => setAll(!all)}
      style={{
        border: 0,
        background: 'none',
        color: 'var(--accentT)',
        font: 'inherit',
        fontSize: 12,
        cursor: 'pointer',
      }}
    >
      {all ? 'Show the worst' : `Show all ${report.segments.length}`}
    </button>
  );
  return (
    <Panel
      title="Segments, worst first"
      note={`${metric} in each, dashed: ${brief(whole.value)} on all rows`}
      right={more}
      flush
    >
      <DataTable
        label="Segments"
        compact
        rows={shown}
        rowKey={(segment) => `${segment.column}=${segment.segment}`}
        columns={[
          {
            id: 'segment',
            header: 'Segment',
            cell: (segment) => <Mono>{`${segment.column} = ${segment.segment}`}</Mono>,
          },
          {
            id: 'rows',
            header: 'Rows',
            right: true,
            value: (segment) => segment.rows,
            cell: (segment) => number(segment.rows),
          },
          {
            id: 'mean',
            header: mean,
            right: true,
            value: (segment) => segment.label_mean,
            cell: (segment) => shareOf(report, segment.label_mean),
          },
          {
            id: 'interval',
            header: '95 % interval',
            width: 200,
            cell: (segment) => <Interval segment={segment} whole={whole.value} from={from} to={to} />,
          },
          {
            id: 'value',
            header: metric,
            right: true,
            value: (segment) => segment.value,
            cell: (segment) => <b>{brief(segment.value)}</b>,
          },
          {
            id: 'gap',
            header: 'To the whole',
            right: true,
            value: (segment) => -segment.gap,
            cell: (segment) => <Gap gap={segment.gap} />,
          },
        ]}
      />
    </Panel>
  );
}

const shareOf = (report: Report, mean: number) => (report.task === 'binary' ? percent(mean, 0) : brief(mean));

function Interval({ segment, whole, from, to }: { segment: Segment; whole: number; from: number; to: number }) {
  const label = `${segment.segment}: ${brief(segment.value)}, from ${brief(segment.low)} to ${brief(segment.high)}`;
  return (
    <IntervalCell marks={[{ role: 'champion', ...segment }]} reference={whole} from={from} to={to} label={label} />
  );
}

function Gap({ gap }: { gap: number }) {
  return <span className={gap > 0 ? classes.poor : classes.good}>{delta(-gap)}</span>;
}
