import { expect, test } from 'vitest';
import { found, pages } from './places';

test('an empty text offers every page, a part of a name the pages that hold it', () => {
  expect(pages('p', '').length).toBe(12);
  expect(pages('p', 'CATA').map((place) => place.to)).toEqual(['/projects/p/features']);
});

test('a hit leads to its page, and a pasted job id to the job', () => {
  const hit = { kind: 'training_run', name: 'one', detail: '', path: 'training-runs/one' };
  expect(found('p', 'on', [hit])).toEqual([
    { kind: 'training run', name: 'one', detail: '', to: '/projects/p/runs/one' },
  ]);
  expect(found('p', 'job_01m7xfqgyqdhk79dxcybzszhbe', [])[0]?.to).toBe(
    '/projects/p/jobs/job_01m7xfqgyqdhk79dxcybzszhbe',
  );
});
