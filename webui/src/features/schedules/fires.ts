import type { Fire, Schedule } from '@/api/types';
import { delta } from '@/lib/format';
import { nameOf } from '@/lib/metrics';
import type { StateName } from '@/ui';

const STEPS: Record<string, string> = {
  features: 'computing features',
  training_set: 'building the training set',
  train: 'training',
  register: 'packaging the version',
  compare: 'comparing with the champion',
};

/** What a fire is doing, or how it ended. */
export function fireWord(fire: Fire): { as: StateName; text: string } {
  if (fire.state === 'running') return { as: 'running', text: STEPS[fire.step] ?? fire.step };
  if (fire.state === 'succeeded') return { as: 'succeeded', text: 'challenger registered' };
  if (fire.state === 'skipped') return { as: 'cancelled', text: 'skipped' };
  return { as: 'failed', text: `failed while ${STEPS[fire.step] ?? fire.step}` };
}

/** How the challenger came out against the champion; nothing before they were compared. */
export function outcome(fire: Fire): string | undefined {
  if (!fire.difference) return undefined;
  const { metric, gain } = fire.difference;
  return `${nameOf(metric)} ${delta(gain.value)} against v${fire.champion}`;
}

/** Why it fired, and what it stands for. */
export function cause(fire: Fire): string {
  if (fire.trigger === 'manual') return 'by hand';
  return fire.missed > 0 ? `by the clock, ${fire.missed} missed before` : 'by the clock';
}

const AT_THE_CLOCKS: Intl.DateTimeFormatOptions = {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  timeZoneName: 'shortOffset',
};

/** A moment at the clocks of a time zone, with its offset then; in UTC where the browser does not know the zone. */
export function localTime(moment: string, timezone: string): string {
  const at = (timeZone: string) => new Date(moment).toLocaleString('en-GB', { ...AT_THE_CLOCKS, timeZone });
  try {
    return at(timezone);
  } catch (error) {
    if (error instanceof RangeError) return at('UTC');
    throw error;
  }
}

/** The spec with its switch turned. */
export function switched(schedule: Schedule): Schedule['spec'] {
  return { ...schedule.spec, enabled: schedule.next_fires.length === 0 };
}
