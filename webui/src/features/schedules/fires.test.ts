import { expect, it } from 'vitest';
import type { Fire, Schedule } from '@/api/types';
import { cause, fireWord, localTime, outcome, switched } from './fires';

const fire = { state: 'running', step: 'train', trigger: 'schedule', missed: 0, champion: 1 } as unknown as Fire;

it('says what a fire is doing, and where a failed one stopped', () => {
  expect(fireWord(fire)).toEqual({ as: 'running', text: 'training' });
  expect(fireWord({ ...fire, state: 'failed', step: 'features' }).text).toBe('failed while computing features');
  expect(fireWord({ ...fire, state: 'skipped' }).as).toBe('cancelled');
  expect(fireWord({ ...fire, state: 'succeeded' }).text).toBe('challenger registered');
});

it('tells by how much the challenger differs, once it was compared', () => {
  expect(outcome(fire)).toBeUndefined();
  const difference = { metric: 'auc', gain: { value: -0.012, low: -0.02, high: 0 }, verdict: 'worse' as const };
  expect(outcome({ ...fire, difference })).toBe('AUC \u22120.012 against v1');
});

it('says who fired it, and what a late one stands for', () => {
  expect([cause(fire), cause({ ...fire, trigger: 'manual' }), cause({ ...fire, missed: 3 })]).toEqual([
    'by the clock',
    'by hand',
    'by the clock, 3 missed before',
  ]);
});

it('shows a moment at the clocks of the zone, before and after they change', () => {
  expect(localTime('2026-03-07T08:00:00Z', 'America/New_York')).toMatch(/Sat,? 7 Mar 2026.*03:00.*GMT-5/);
  expect(localTime('2026-03-08T07:00:00Z', 'America/New_York')).toMatch(/Sun,? 8 Mar 2026.*03:00.*GMT-4/);
});

it('shows UTC where the browser does not know the zone', () => {
  expect(localTime('2026-03-08T07:00:00Z', 'Mars/Olympus')).toMatch(/8 Mar 2026.*07:00.*(UTC|GMT)/);
});

it('turns the switch and leaves the rest of the spec', () => {
  const spec = { cron: '0 3 * * 1', training_run: 'first', model: 'late', timezone: 'Europe/Rome' };
  const on = { spec, next_fires: ['2026-03-08T07:00:00Z'] } as unknown as Schedule;
  expect(switched(on)).toEqual({ ...spec, enabled: false });
  expect(switched({ ...on, next_fires: [] })).toEqual({ ...spec, enabled: true });
});
