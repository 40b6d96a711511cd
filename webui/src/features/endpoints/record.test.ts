import { expect, it } from 'vitest';
import { parse, record, sampleRecord } from './record';

const fields = [
  { name: 'seats', type: 'int32' as const },
  { name: 'code', type: 'string' as const },
  { name: 'late', type: 'bool' as const },
];

it('sends typed values, and null for an empty field', () => {
  expect(record(fields, { seats: '12', code: '007', late: 'true' })).toEqual({ seats: 12, code: '007', late: true });
  expect(record(fields, { seats: '', code: ' ', late: '' })).toEqual({ seats: null, code: null, late: null });
});

it('says at the field what is not a number, and lets the server refuse it', () => {
  expect(parse({ name: 'seats', type: 'int32' }, 'many')).toEqual({ value: 'many', fault: 'not a number (int32)' });
});

it('takes the sample as one record or as a body with records', () => {
  const signature = { keys: [], request: [], event_time: null, inputs: [], output: 'value' };
  expect(sampleRecord({ ...signature, sample: { seats: 1 } })).toEqual({ seats: 1 });
  expect(sampleRecord({ ...signature, sample: { records: [{ seats: 2 }] } })).toEqual({ seats: 2 });
});
