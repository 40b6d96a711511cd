import { expect, test } from 'vitest';
import { freeName, slug } from './names';

test('a name that is taken gets the first free number', () => {
  expect(freeName('a', [])).toBe('a');
  expect(freeName('a', ['a', 'a_2', 'a_4'])).toBe('a_3');
});

test('makes a name of a file name', () => {
  expect(slug('2024 Kundenübersicht (neu)')).toBe('kundenubersicht_neu');
  expect(slug('42')).toBe('data');
});
