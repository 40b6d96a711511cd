import { expect, it } from 'vitest';
import type { VersionComparison } from '@/api/types';
import { metricLines, scale, verdict } from './comparison';

const near = (value: number) => ({ value, low: value - 0.01, high: value + 0.01 });
const one = {
  challenger: 3,
  champion: 2,
  rows: 1500,
  state: 'succeeded',
  metrics: {
    challenger: { log_loss: near(0.4), auc: near(0.75), f1: near(0.5) },
    champion: { auc: near(0.74), log_loss: near(0.41) },
  },
  difference: { metric: 'auc', gain: near(0.01), verdict: 'undecided' },
} as unknown as VersionComparison;

it('heads with the paired difference, the rows and the verdict', () => {
  expect(verdict(one)).toBe('AUC +0.010 against v2 on the 1,500 same rows: no clear difference');
  expect(verdict({ ...one, difference: null })).toBe('Comparison with v2');
});

it('shows the metrics that both have, in the order people read them', () => {
  expect(metricLines(one).map((line) => [line.name, line.challenger, line.champion])).toEqual([
    ['auc', 0.75, 0.74],
    ['log_loss', 0.4, 0.41],
  ]);
  expect(metricLines({ ...one, metrics: {} })).toEqual([]);
});

it('leaves room on both sides of the intervals, also where both are a point', () => {
  const { from, to } = scale([{ role: 'champion', value: 0.5 }]);
  expect([from, to]).toEqual([0.49, 0.51]);
});
