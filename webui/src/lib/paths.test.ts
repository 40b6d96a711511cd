import { expect, it } from 'vitest';
import { below, paths } from './paths';

it('escapes what it is given', () => {
  expect(paths.table('a b', 'x/y')).toBe('/projects/a%20b/tables/x%2Fy');
});

it('turns a path of the API into an address of the console', () => {
  expect(below('kites', 'data')).toBe('/projects/kites/sources');
  expect(below('kites', 'training-runs/first')).toBe('/projects/kites/runs/first');
  expect(below('kites', 'endpoints')).toBe('/projects/kites/endpoints');
});
