import { expect, test } from 'vitest';
import { freeName } from './names';

test('a name that is taken gets the first free number', () => {
  expect(freeName('a', [])).toBe('a');
  expect(freeName('a', ['a', 'a_2', 'a_4'])).toBe('a_3');
});
