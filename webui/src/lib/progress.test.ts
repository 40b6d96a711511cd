import { expect, it } from 'vitest';
import { share, spoken } from './progress';

it('says what is done of what', () => {
  expect(spoken({ message: 'computing', done: 3, total: 8, unit: 'tasks' })).toBe('computing, 3 of 8 tasks');
  expect(spoken({ message: 'loading', done: 1200, unit: 'rows' })).toBe('loading, 1,200 rows');
});

it('says no amount before anything of an unknown whole is done', () => {
  expect(spoken({ message: 'planning on Spark', done: 0, total: null, unit: 'tasks' })).toBe('planning on Spark');
  expect(share({ done: 0, total: null })).toBeUndefined();
});
