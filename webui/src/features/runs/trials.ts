import type { Trial } from '@/api/types';

/** A trial's value: its own, or the last one it reported. */
export function lastValue(trial: Trial): number | null {
  return trial.value ?? trial.reports.at(-1)?.[1] ?? null;
}

/** Points [trial, best value so far]; only finished trials count. */
export function bestSoFar(trials: Trial[], direction: string): [number, number][] {
  const better = direction === 'minimize' ? Math.min : Math.max;
  const points: [number, number][] = [];
  let best: number | null = null;
  for (const trial of trials) {
    if (trial.state !== 'completed' || trial.value === null) continue;
    best = best === null ? trial.value : better(best, trial.value);
    points.push([trial.number, best]);
  }
  const last = trials.at(-1);
  if (best !== null && last && points.at(-1)?.[0] !== last.number) points.push([last.number, best]);
  return points;
}
