import type { Quality, VersionQuality } from '@/api/types';
import { brief, dayName } from '@/lib/format';
import { nameOf } from '@/lib/metrics';
import { Chart, Legend, type Tokens } from '@/ui';
import { calendar, coverage, daysOf, finding, rowsOf, versionName } from './quality';

const LINES = 4;
const TONES = ['s1', 's2', 's3', 's4'] as const;
/** Label coverage stands in the lowest part of the chart: its axis is so many times as tall as its bars. */
const BARS = 7;

/** The leading metric per day and version, with its interval; under it the share of predictions that have a label. */
export function QualityChart({ quality }: { quality: Quality }) {
  const task = quality.versions[0]?.task;
  const shown = quality.versions.filter((one) => one.task === task).slice(0, LINES);
  const metric = shown[0]?.metric ?? '';
  const rows = rowsOf(quality.versions);
  const legend = (
    <Legend
      items={[
        ...shown.map((one, place) => ({ name: versionName(one), mark: 'line' as const, tone: TONES[place] ?? 's1' })),
        { name: 'labelled', mark: 'dot' as const, tone: 'accentL' },
      ]}
    />
  );
  return (
    <Chart
      title={finding(quality)}
      note={coverage(quality)}
      legend={legend}
      height={240}
      columns={['Day', 'Version', 'Predictions', 'Labelled', nameOf(metric), 'Low', 'High']}
      rows={rows.map((one) => {
        const measured = one.metrics[one.metric];
        const values = [measured?.value ?? null, measured?.low ?? null, measured?.high ?? null];
        return [one.day, versionName(one), one.predictions, one.labelled, ...values];
      })}
      draw={(tokens) => option(tokens, shown, metric)}
    />
  );
}

function option(tokens: Tokens, versions: VersionQuality[], metric: string) {
  const days = calendar(versions);
  return {
    tooltip: { trigger: 'axis', valueFormatter: (value: unknown) => brief(value) },
    xAxis: { type: 'category', data: days.map(dayName) },
    yAxis: [
      {
        type: 'value',
        ...limits(versions, metric),
        splitNumber: 4,
        axisLabel: { formatter: rounded, showMinLabel: false, showMaxLabel: false },
      },
      { type: 'value', min: 0, max: BARS, show: false },
    ],
    series: [
      ...versions.flatMap((one, place) => lines(one, metric, days, tokens[TONES[place] ?? 's1'])),
      {
        name: 'Labelled',
        type: 'bar',
        yAxisIndex: 1,
        color: tokens.accentL,
        data: days.map((day) => share(versions, day)),
        barMaxWidth: 28,
        z: 0,
      },
    ],
  };
}

const rounded = (value: number) => String(Number(value.toPrecision(3)));

/** The interval as a band on an unseen base, and the value as a line on it. */
function lines(one: VersionQuality, metric: string, days: string[], color: string) {
  const byDay = daysOf(one);
  const measured = days.map((day) => byDay.get(day)?.metrics[metric] ?? null);
  const unseen = { type: 'line', lineStyle: { opacity: 0 }, symbol: 'none', tooltip: { show: false }, silent: true };
  const stack = `interval ${versionName(one)}`;
  return [
    { ...unseen, name: `${stack} low`, stack, data: measured.map((it) => it?.low ?? null) },
    {
      ...unseen,
      name: stack,
      stack,
      data: measured.map((it) => (it ? it.high - it.low : null)),
      areaStyle: { color, opacity: 0.11 },
    },
    {
      name: versionName(one),
      type: 'line',
      color,
      data: measured.map((it) => it?.value ?? null),
      symbol: 'circle',
      showSymbol: days.length <= 31,
    },
  ];
}

/** The labelled share of a day's predictions, of all drawn versions together; null where nothing was predicted. */
function share(versions: VersionQuality[], day: string): number | null {
  const found = versions.map((one) => daysOf(one).get(day)).filter((one) => one !== undefined);
  const predictions = found.reduce((sum, one) => sum + one.predictions, 0);
  return predictions ? found.reduce((sum, one) => sum + one.labelled, 0) / predictions : null;
}

/** The axis holds every interval and leaves its lowest part to the bars. */
function limits(versions: VersionQuality[], metric: string): { min?: number; max?: number } {
  const all = versions.flatMap((one) => one.days.map((day) => day.metrics[metric])).filter((one) => one != null);
  if (all.length === 0) return {};
  const low = Math.min(...all.map((one) => one.low));
  const high = Math.max(...all.map((one) => one.high));
  const span = high - low || Math.abs(high) || 1;
  return { min: low - span * 0.25, max: high + span * 0.05 };
}
