import { useQuery } from '@tanstack/react-query';
import { listTrials } from '@/api/list-trials';
import type { Study, Trial } from '@/api/types';
import { brief } from '@/lib/format';
import { nameOf } from '@/lib/metrics';
import { asApiError } from '@/lib/problem';
import { Chart, ErrorState, Legend, type Tokens } from '@/ui';
import { bestSoFar, lastValue } from './trials';

/** Every trial by number, the best so far as a step line. */
export function StudyChart({
  project,
  run,
  study,
  live,
}: {
  project: string;
  run: string;
  study: Study;
  live: boolean;
}) {
  const trials = useQuery({ ...listTrials(project, run), refetchInterval: live ? 2_000 : false });
  if (trials.error) return <ErrorState error={asApiError(trials.error)} what="The trials" />;
  const found = (trials.data?.results ?? []).toSorted((a, b) => a.number - b.number);
  const metric = nameOf(study.metric);
  const title =
    study.best_value == null
      ? 'No trial has finished yet'
      : `Best validation ${metric} ${brief(study.best_value)}, trial ${study.best_number}`;
  const legend = (
    <Legend
      items={[
        { name: 'best so far', mark: 'line', tone: 's1' },
        { name: `finished ${count(found, 'completed')}`, mark: 'dot', tone: 's1' },
        { name: `pruned ${count(found, 'pruned')}`, mark: 'cross', tone: 'ink3' },
        ...(live ? [{ name: `running ${count(found, 'running')}`, mark: 'ring' as const, tone: 's1' }] : []),
      ]}
    />
  );
  return (
    <Chart
      title={title}
      legend={legend}
      height={230}
      columns={['Trial', 'State', metric]}
      rows={found.map((trial) => [trial.number, trial.state, lastValue(trial)])}
      draw={(tokens) => option(tokens, found, study)}
    />
  );
}

const count = (trials: Trial[], state: string) => trials.filter((trial) => trial.state === state).length;

function option(tokens: Tokens, trials: Trial[], study: Study) {
  const points = (state: string) =>
    trials
      .filter((trial) => trial.state === state && lastValue(trial) !== null)
      .map((trial) => [trial.number, lastValue(trial)]);
  const range = span(trials, study.direction);
  const last = Math.max((study.spec.trials ?? 1) - 1, trials.length - 1);
  return {
    tooltip: { trigger: 'item', valueFormatter: (value: unknown) => brief(value) },
    xAxis: {
      type: 'value',
      min: 0,
      max: last,
      minInterval: 1,
      splitLine: { show: false },
      axisLabel: { formatter: (value: number) => (value === 0 ? 'trial 0' : String(value)) },
    },
    yAxis: {
      type: 'value',
      ...range,
      axisLabel: { formatter: (value: number) => value.toFixed(3), showMinLabel: false, showMaxLabel: false },
    },
    series: [
      { name: 'Best so far', type: 'line', step: 'end', data: bestSoFar(trials, study.direction), z: 1 },
      {
        name: 'Finished',
        type: 'scatter',
        data: points('completed'),
        itemStyle: { color: tokens.s1, borderColor: tokens.surface },
      },
      {
        name: 'Pruned',
        type: 'scatter',
        symbol: 'path://M0,0 L10,10 M10,0 L0,10',
        symbolSize: 7,
        data: points('pruned'),
        itemStyle: { color: 'transparent', borderColor: tokens.ink3, borderWidth: 1.4 },
      },
      {
        name: 'Running',
        type: 'scatter',
        data: points('running'),
        itemStyle: { color: tokens.surface, borderColor: tokens.s1, borderWidth: 1.6 },
      },
    ],
  };
}

/** The axis holds the good values; a few bad early trials may fall below it. */
function span(trials: Trial[], direction: string): { min?: number; max?: number } {
  const sorted = trials
    .map(lastValue)
    .filter((value): value is number => value !== null)
    .toSorted((a, b) => a - b);
  const low = sorted[direction === 'minimize' ? 0 : Math.floor(sorted.length * 0.04)];
  const high = sorted[direction === 'minimize' ? Math.floor((sorted.length - 1) * 0.96) : sorted.length - 1];
  if (low === undefined || high === undefined) return { min: 0, max: 1 };
  const room = (high - low) * 0.1 || 0.01;
  return { min: low - room, max: high + room };
}
