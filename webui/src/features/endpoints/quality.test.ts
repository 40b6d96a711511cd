import { expect, it } from 'vitest';
import type { DayQuality, Quality } from '@/api/types';
import { calendar, coverage, finding, reasonText, rowsOf, strays } from './quality';

const day = (date: string, auc: number | null, predictions = 10, labelled = 5): DayQuality => ({
  day: date,
  predictions,
  labelled,
  coverage: labelled / predictions,
  metrics: { auc: auc === null ? null : { value: auc, low: auc - 0.05, high: auc + 0.05 } },
  reasons: auc === null ? { auc: 'one_class' } : {},
  computed_at: '2024-05-12T00:00:00Z',
});

const version = (number: number, days: DayQuality[]) => ({
  model: 'delay',
  version: number,
  task: 'binary',
  metric: 'auc',
  predictions: days.reduce((sum, one) => sum + one.predictions, 0),
  labelled: days.reduce((sum, one) => sum + one.labelled, 0),
  coverage: 0.5,
  days,
});

const quality = (versions: Quality['versions']): Quality => ({
  since: '2024-05-01',
  until: '2024-05-31',
  by: 'day',
  labels: { matched: 0, unmatched: 0, waiting: 0, unknown: 0, newest_at: null },
  following: false,
  job: null,
  versions,
});

const two = quality([
  version(2, [day('2024-05-11', 0.7), day('2024-05-12', null)]),
  version(1, [day('2024-05-09', 0.6), day('2024-05-11', 0.65, 30, 30)]),
]);

it('draws every calendar day, so that a day without predictions is a gap', () => {
  expect(calendar(two.versions)).toEqual(['2024-05-09', '2024-05-10', '2024-05-11', '2024-05-12']);
  expect(calendar([])).toEqual([]);
});

it('crosses a change of the month and of the clocks without losing a day', () => {
  const days = calendar([version(1, [day('2024-03-30', 0.6), day('2024-04-01', 0.6)])]);
  expect(days).toEqual(['2024-03-30', '2024-03-31', '2024-04-01']);
});

it('heads the chart with the newest day that could be measured', () => {
  expect(finding(two)).toBe('Realised AUC 0.700 on 11 May');
  expect(finding(quality([version(1, [day('2024-05-12', null)])]))).toBe('No day can be measured yet');
  expect(finding(quality([]))).toBe('No prediction is known yet');
});

it('says how many predictions have a label, of all versions together', () => {
  expect(coverage(two)).toBe('45 of 60 predictions have a label, 75.0\u00a0%');
});

it('lists the newest day first, and on one day the newest version', () => {
  expect(rowsOf(two.versions).map((row) => `${row.day} ${row.version}`)).toEqual([
    '2024-05-12 2',
    '2024-05-11 2',
    '2024-05-11 1',
    '2024-05-09 1',
  ]);
});

it('tells what became of labels that name no prediction, and is silent when there are none', () => {
  expect(strays(two.labels)).toBeUndefined();
  expect(strays({ ...two.labels, waiting: 2, unmatched: 3 })).toBe(
    '2 labels waiting for their request, 3 of keys and a time nobody asked about',
  );
});

it('names the reason why a day has no value, also one it does not know', () => {
  expect([reasonText('one_class'), reasonText('no_labels'), reasonText('later'), reasonText(undefined)]).toEqual([
    'only one class so far',
    'no label yet',
    'later',
    'none',
  ]);
});
