import { expect, it } from 'vitest';
import type { Trial } from '@/api/types';
import { bestSoFar, lastValue } from './trials';

const trial = (number: number, state: string, value: number | null, reports: number[][] = []): Trial => ({
  number,
  sampler: 'tpe',
  started_at: null,
  state,
  value,
  reports,
  params: {},
  job: '',
  problem: null,
  created_at: '',
  finished_at: null,
});

it('only finished trials move the best line, and it goes on to the last trial', () => {
  const trials = [
    trial(0, 'completed', 0.7),
    trial(1, 'pruned', 0.9),
    trial(2, 'completed', 0.8),
    trial(3, 'running', null, [[10, 0.95]]),
  ];
  expect(bestSoFar(trials, 'maximize')).toEqual([
    [0, 0.7],
    [2, 0.8],
    [3, 0.8],
  ]);
});

it('a running trial has the value it reported last', () => {
  expect(
    lastValue(
      trial(0, 'running', null, [
        [10, 0.6],
        [20, 0.7],
      ]),
    ),
  ).toBe(0.7);
  expect(lastValue(trial(0, 'queued', null))).toBeNull();
});
