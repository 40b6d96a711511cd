import type { Overview } from '@/api/types';
import { type StateName, stateOf } from '@/ui';

export type Phase = 'data' | 'features' | 'train' | 'deploy';

/** The glyph of each phase, from the overview. */
export function phases(overview: Overview | undefined): Record<Phase, StateName> {
  const of = (phase: Phase): StateName => stateOf(overview?.phases.find((one) => one.phase === phase)?.state);
  return { data: of('data'), features: of('features'), train: of('train'), deploy: of('deploy') };
}
