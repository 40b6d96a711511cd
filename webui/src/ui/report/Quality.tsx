import type { Comparison, Report } from '@/api/types';
import { brief, delta, number } from '@/lib/format';
import { lowerIsBetter, nameOf, ordered } from '@/lib/metrics';
import { DataTable } from '../DataTable';
import { IntervalCell, type Mark, None } from '../figures';
import { Panel } from '../Panel';
import { RoleMark } from '../StateBadge';
import { StateGlyph } from '../StateGlyph';
import classes from './report.module.css';

interface Line {
  name: string;
  value: number;
  low?: number | null;
  high?: number | null;
  valid?: number;
  against?: Comparison;
}

/** Every metric on the hold-out with its interval; the one with a paired comparison shows it. */
export function Quality({ report }: { report: Report }) {
  const lines: Line[] = ordered(report.metrics.test).map(([name, metric]) => ({
    name,
    ...metric,
    valid: report.metrics.valid[name]?.value,
    against: report.comparisons.find((one) => one.metric === name),
  }));
  const against = report.comparisons[0];
  const roles = (
    <span className={classes.roles}>
      <span>
        <RoleMark as="champion" /> this model
      </span>
      {against && (
        <span>
          <RoleMark as="baseline" /> {against.name}
        </span>
      )}
    </span>
  );
  return (
    <Panel title="Quality on the hold-out" note={`${number(report.rows.test)} rows`} right={roles} flush>
      <DataTable
        label="Quality on the hold-out"
        rows={lines}
        rowKey={(line) => line.name}
        columns={[
          { id: 'name', header: 'Metric', cell: (line) => <Name metric={line.name} /> },
          { id: 'interval', header: '95 % interval', width: 220, cell: (line) => <Interval line={line} /> },
          { id: 'value', header: 'Hold-out', right: true, cell: (line) => <b>{brief(line.value)}</b> },
          { id: 'valid', header: 'Validation', right: true, cell: (line) => brief(line.valid) },
          { id: 'gain', header: 'Paired gain', right: true, cell: (line) => <Gain line={line} /> },
        ]}
      />
    </Panel>
  );
}

function Name({ metric }: { metric: string }) {
  return (
    <span>
      <span className={classes.name}>{nameOf(metric)}</span>
      <span className={classes.hint}>{lowerIsBetter(metric) ? 'lower is better' : 'higher is better'}</span>
    </span>
  );
}

function Interval({ line }: { line: Line }) {
  if (line.low == null || line.high == null) return <None>no interval</None>;
  const marks: Mark[] = [{ role: 'champion', value: line.value, low: line.low, high: line.high }];
  if (line.against) marks.push({ role: 'baseline', ...line.against.value });
  const ends = marks.flatMap((mark) => [mark.low ?? mark.value, mark.high ?? mark.value]);
  const room = (Math.max(...ends) - Math.min(...ends)) * 0.15 || 0.01;
  const label = `${nameOf(line.name)} ${brief(line.value)}, from ${brief(line.low)} to ${brief(line.high)}`;
  return <IntervalCell marks={marks} from={Math.min(...ends) - room} to={Math.max(...ends) + room} label={label} />;
}

function Gain({ line }: { line: Line }) {
  if (!line.against) return <None>–</None>;
  const { gain, verdict } = line.against;
  const tone = verdict === 'better' ? classes.good : verdict === 'worse' ? classes.poor : undefined;
  return (
    <span>
      <span className={`${classes.name} ${tone ?? ''}`}>
        {delta(gain.value)} <Verdict verdict={verdict} />
      </span>
      <span className={classes.hint}>
        {delta(gain.low ?? gain.value)} to {delta(gain.high ?? gain.value)}
      </span>
    </span>
  );
}

function Verdict({ verdict }: { verdict: Comparison['verdict'] }) {
  const state = verdict === 'better' ? 'succeeded' : verdict === 'worse' ? 'drift' : 'queued';
  return (
    <span style={{ display: 'inline-block', verticalAlign: '-2px' }}>
      <StateGlyph state={state} label={verdict} />
    </span>
  );
}
