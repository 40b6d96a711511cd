import { expect, it } from 'vitest';
import { label } from './label';

const keys = [
  { name: 'carrier', type: 'string' as const },
  { name: 'stand', type: 'int64' as const },
];

it('names a prediction by its request; the record is left out where it is the first', () => {
  const texts = { request_id: ' req_1 ', value: '1' };
  expect(label('request', keys, texts)).toEqual({ request_id: 'req_1', value: 1 });
  expect(label('request', keys, { ...texts, row: '3' })).toEqual({ request_id: 'req_1', row: 3, value: 1 });
});

it('names a prediction by typed keys and its time', () => {
  const texts = { 'key carrier': 'AA', 'key stand': '12', event_time: '2024-05-01T12:00:00Z', value: '3.5' };
  expect(label('keys', keys, texts)).toEqual({
    keys: { carrier: 'AA', stand: 12 },
    event_time: '2024-05-01T12:00:00Z',
    value: 3.5,
  });
});

it('sends what is no number as it is, so that the API says what is wrong', () => {
  expect(label('request', keys, { request_id: 'req_1', value: 'late' }).value).toBe('late');
  expect(label('request', keys, { request_id: 'req_1' }).value).toBeNull();
});
