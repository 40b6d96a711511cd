import type { Traffic, TrafficMinute, TrafficVersion } from '@/api/types';
import { clock, milliseconds, number, percent, plural } from '@/lib/format';
import { asApiError } from '@/lib/problem';
import { Chart, DataTable, ErrorState, Legend, Loading, Panel, Spark, type Tokens } from '@/ui';
import { Choice } from './Choice';
import classes from './endpoints.module.css';

const RANGES = ['1h', '6h', '24h', '7d'];

interface Props {
  traffic?: Traffic;
  error: Error | null;
  range: string;
  onRange: (range: string | undefined) => void;
}

/** Requests and latency per version, over the chosen range. */
export function TrafficPanel({ traffic, error, range, onRange }: Props) {
  if (error) return <ErrorState error={asApiError(error)} what="The traffic" />;
  if (!traffic) return <Loading rows={5} />;
  const buttons = (
    <Choice
      label="Range"
      value={range}
      options={RANGES.map((one) => [one, one.replace(/(\d+)/, '$1 ')])}
      onChoose={(one) => onRange(one === '24h' ? undefined : one)}
    />
  );
  const versions = traffic.versions;
  const requests = versions.reduce((sum, one) => sum + one.requests, 0);
  const title = requests === 0 ? 'No request in this range' : plural(requests, 'request');
  return (
    <>
      <Panel title={title} note={requests ? errorsOf(versions) : undefined} right={buttons} flush>
        <div className={classes.numbers}>
          <Figure
            name="Requests"
            versions={versions}
            total={number(requests)}
            of={(one) => one.requests}
            text={(one) => number(one.requests)}
          />
          <Figure
            name="p50"
            versions={versions}
            total={milliseconds(lead(versions)?.p50_ms)}
            of={(one) => one.p50_ms}
            text={(one) => milliseconds(one.p50_ms)}
          />
          <Figure
            name="p95"
            versions={versions}
            total={milliseconds(lead(versions)?.p95_ms)}
            of={(one) => one.p95_ms}
            text={(one) => milliseconds(one.p95_ms)}
          />
          <Figure
            name="p99"
            versions={versions}
            total={milliseconds(lead(versions)?.p99_ms)}
            of={(one) => one.p99_ms}
            text={(one) => milliseconds(one.p99_ms)}
          />
        </div>
        {versions.length > 1 && <PerVersion versions={versions} />}
      </Panel>
      {requests > 0 && <Latency traffic={traffic} />}
    </>
  );
}

/** The version with the most requests speaks for the panel. */
const lead = (versions: TrafficVersion[]) => versions.toSorted((a, b) => b.requests - a.requests)[0];

function errorsOf(versions: TrafficVersion[]): string {
  const errors = versions.reduce((sum, one) => sum + one.errors, 0);
  const requests = versions.reduce((sum, one) => sum + one.requests, 0);
  return errors === 0 ? 'no error' : `${plural(errors, 'error')}, ${percent(errors / Math.max(1, requests), 2)}`;
}

interface FigureProps {
  name: string;
  total: string;
  versions: TrafficVersion[];
  of: (one: TrafficMinute) => number | null;
  text: (one: TrafficVersion) => string;
}

function Figure({ name, total, versions, of, text }: FigureProps) {
  const series = (lead(versions)?.minutes ?? []).map(of).filter((value): value is number => value !== null);
  return (
    <div>
      <div className={classes.numberHead}>
        <span>{name}</span>
        <b>{total}</b>
      </div>
      <div className={classes.per}>
        {versions
          .toSorted((a, b) => b.requests - a.requests)
          .slice(0, 2)
          .map((one, place) => (
            <span key={one.version}>
              <i data-place={place} />v{one.version} {text(one)}
            </span>
          ))}
      </div>
      <Spark values={series} height={36} area />
    </div>
  );
}

function PerVersion({ versions }: { versions: TrafficVersion[] }) {
  return (
    <DataTable
      label="Traffic per version"
      compact
      rows={versions}
      rowKey={(one) => String(one.version)}
      columns={[
        { id: 'version', header: 'Version', cell: (one) => <b>v{one.version}</b> },
        { id: 'requests', header: 'Requests', right: true, cell: (one) => number(one.requests) },
        { id: 'errors', header: 'Errors', right: true, cell: (one) => number(one.errors) },
        { id: 'degraded', header: 'Degraded', right: true, cell: (one) => number(one.degraded) },
        { id: 'p50', header: 'p50', right: true, cell: (one) => milliseconds(one.p50_ms) },
        { id: 'p95', header: 'p95', right: true, cell: (one) => milliseconds(one.p95_ms) },
        { id: 'p99', header: 'p99', right: true, cell: (one) => milliseconds(one.p99_ms) },
      ]}
    />
  );
}

function Latency({ traffic }: { traffic: Traffic }) {
  const main = lead(traffic.versions);
  const minutes = main?.minutes ?? [];
  const step =
    traffic.step_seconds >= 3600 ? `${traffic.step_seconds / 3600} h` : `${Math.round(traffic.step_seconds / 60)} min`;
  const legend = (
    <Legend
      items={[
        { name: 'p50', mark: 'line', tone: 's1' },
        { name: 'p95', mark: 'line', tone: 's5' },
        { name: 'p99', mark: 'line', tone: 's3' },
      ]}
    />
  );
  return (
    <Chart
      title={`v${main?.version}: 99 % answered within ${milliseconds(main?.p99_ms)}`}
      note={`per ${step}`}
      legend={legend}
      height={200}
      columns={['Time', 'Requests', 'p50 ms', 'p95 ms', 'p99 ms']}
      rows={minutes.map((one) => [one.minute, one.requests, one.p50_ms, one.p95_ms, one.p99_ms])}
      draw={(tokens: Tokens) => ({
        tooltip: {
          trigger: 'axis',
          valueFormatter: (value: unknown) => (typeof value === 'number' ? milliseconds(value) : 'none'),
        },
        xAxis: { type: 'category', data: minutes.map((one) => clock(one.minute).slice(0, 5)) },
        yAxis: { type: 'value', axisLabel: { formatter: '{value} ms' }, splitNumber: 3 },
        series: [
          {
            name: 'p50',
            type: 'line',
            data: minutes.map((one) => one.p50_ms),
            color: tokens.s1,
            showSymbol: minutes.length < 3,
            symbol: 'circle',
          },
          {
            name: 'p95',
            type: 'line',
            data: minutes.map((one) => one.p95_ms),
            color: tokens.s5,
            showSymbol: minutes.length < 3,
            symbol: 'circle',
          },
          {
            name: 'p99',
            type: 'line',
            data: minutes.map((one) => one.p99_ms),
            color: tokens.s3,
            showSymbol: minutes.length < 3,
            symbol: 'circle',
          },
        ],
      })}
    />
  );
}
