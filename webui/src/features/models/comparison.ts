import type { VersionComparison } from '@/api/types';
import { delta, number } from '@/lib/format';
import { nameOf, ordered } from '@/lib/metrics';
import type { Mark } from '@/ui';

export interface MetricLine {
  name: string;
  challenger: number;
  champion: number;
  marks: Mark[];
}

const WORDS = { better: 'better', worse: 'worse', undecided: 'no clear difference' };

/** The heading: how the paired difference came out, and on how many rows. */
export function verdict(one: VersionComparison): string {
  if (!one.difference) return `Comparison with v${one.champion}`;
  const { metric, gain } = one.difference;
  const rows = `${number(one.rows)} same rows`;
  return `${nameOf(metric)} ${delta(gain.value)} against v${one.champion} on the ${rows}: ${WORDS[one.difference.verdict]}`;
}

/** Every metric of both versions, as marks on one scale. */
export function metricLines(one: VersionComparison): MetricLine[] {
  const { challenger = {}, champion = {} } = one.metrics;
  return ordered(challenger).flatMap(([name, mine]) => {
    const other = champion[name];
    if (!other) return [];
    const marks: Mark[] = [
      { role: 'champion', ...other },
      { role: 'candidate', ...mine },
    ];
    return [{ name, challenger: mine.value, champion: other.value, marks }];
  });
}

/** The ends of a line's intervals, with some room. */
export function scale(marks: Mark[]): { from: number; to: number } {
  const ends = marks.flatMap((mark) => [mark.low ?? mark.value, mark.high ?? mark.value]);
  const [from, to] = [Math.min(...ends), Math.max(...ends)];
  const room = (to - from) * 0.15 || 0.01;
  return { from: from - room, to: to + room };
}
