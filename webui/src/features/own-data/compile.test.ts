import { expect, it } from 'vitest';
import type { SourceColumn } from '@/api/types';
import { serviceOf, taskOf, trainingSetOf, withTime } from './compile';

const columns: SourceColumn[] = [
  { name: 'customer', type: 'string' },
  { name: 'joined', type: 'date', formats: ['%d/%m/%Y'] },
  { name: 'plan', type: 'string' },
  { name: 'visits', type: 'int32' },
  { name: 'churned', type: 'bool' },
];

it('asks for the features in the request: text as category, a date as three numbers', () => {
  const service = serviceOf(columns, ['joined', 'plan', 'visits']);
  expect(service.request?.map((field) => field.name)).toEqual(['joined', 'plan', 'visits']);
  expect(service.categorical).toEqual(['plan']);
  expect(service.expressions?.map((feature) => feature.name)).toEqual([
    'joined__days',
    'joined__month',
    'joined__weekday',
  ]);
});

it('splits by the key, and names a time only where there is one', () => {
  const spec = { upload: 'x', keys: ['customer'] };
  expect(trainingSetOf('shop', spec, 'churned', 'shop_churned')).toEqual({
    labels: 'shop',
    label: 'churned',
    feature_service: 'shop_churned',
    split: { kind: 'hash', by: ['customer'] },
  });
  expect(trainingSetOf('shop', { ...spec, event_time: 'joined' }, 'churned', 's').event_time).toBe('joined');
});

it('reads the date of the rows as a time', () => {
  expect(withTime(columns, 'joined')[1]).toEqual({
    name: 'joined',
    type: 'timestamp',
    timezone: 'UTC',
    formats: ['%d/%m/%Y'],
  });
  expect(withTime(columns, null)).toEqual(columns);
});

it('predicts yes or no, or a number', () => {
  expect(columns.map((column) => taskOf(column, false))).toEqual([null, null, null, 'regression', 'binary']);
  expect(taskOf({ name: 'left', type: 'int32' }, true)).toBe('binary');
});
