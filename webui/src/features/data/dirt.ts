import type { Dirt } from '@/api/types';

/** Values that are wrong, not merely missing: nulls are told in the profile. */
export const wrong = (dirt: Dirt[] | undefined) => (dirt ?? []).filter((line) => line.reason !== 'null');

export const dirtyValues = (dirt: Dirt[] | undefined) => wrong(dirt).reduce((sum, line) => sum + line.rows, 0);
