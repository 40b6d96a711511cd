import type { DayQuality, Quality, VersionQuality } from '@/api/types';
import { dayName, number, percent, plural } from '@/lib/format';
import { nameOf } from '@/lib/metrics';

/** One version on one day, as a row of the table. */
export interface QualityRow extends DayQuality {
  model: string;
  version: number;
  metric: string;
}

export const versionName = (one: { model: string; version: number }) => `${one.model} v${one.version}`;

/** Every calendar day from the first to the last that any version has; days between them are gaps. */
export function calendar(versions: VersionQuality[]): string[] {
  const known = versions.flatMap((one) => one.days.map((day) => day.day)).sort();
  const [first, last] = [known[0], known.at(-1)];
  if (!first || !last) return [];
  const length = (Date.parse(last) - Date.parse(first)) / 86_400_000 + 1;
  return Array.from({ length }, (_, place) =>
    new Date(Date.parse(first) + place * 86_400_000).toISOString().slice(0, 10),
  );
}

/** A version's days by date. */
export const daysOf = (one: VersionQuality) => new Map(one.days.map((day) => [day.day, day]));

/** Newest day first; on one day the newest version first. */
export function rowsOf(versions: VersionQuality[]): QualityRow[] {
  return versions
    .flatMap((one) => one.days.map((day) => ({ ...day, model: one.model, version: one.version, metric: one.metric })))
    .sort((a, b) => b.day.localeCompare(a.day) || b.version - a.version);
}

/** The heading: the newest measured day of the newest measured version, or why there is none. */
export function finding(quality: Quality): string {
  for (const one of quality.versions) {
    const newest = one.days.findLast((day) => day.metrics[one.metric]);
    const value = newest?.metrics[one.metric]?.value;
    if (newest && value !== undefined)
      return `Realised ${nameOf(one.metric)} ${number(value, 3)} on ${dayName(newest.day)}`;
  }
  return quality.versions.length > 0 ? 'No day can be measured yet' : 'No prediction is known yet';
}

/** How much of what was predicted has become known. */
export function coverage(quality: Quality): string {
  const all = quality.versions.reduce((sum, one) => sum + one.predictions, 0);
  const labelled = quality.versions.reduce((sum, one) => sum + one.labelled, 0);
  return `${number(labelled)} of ${plural(all, 'prediction')} ${labelled === 1 ? 'has' : 'have'} a label, ${percent(all ? labelled / all : 0)}`;
}

/** What became of labels that name no prediction, in words; nothing when there are none. */
export function strays(labels: Quality['labels']): string | undefined {
  const parts = [
    labels.waiting > 0 && `${plural(labels.waiting, 'label')} waiting for their request`,
    labels.unknown > 0 && `${number(labels.unknown)} of a request nobody knows`,
    labels.unmatched > 0 && `${number(labels.unmatched)} of keys and a time nobody asked about`,
  ].filter((part) => part !== false);
  return parts.length > 0 ? parts.join(', ') : undefined;
}

const REASONS: Record<string, string> = {
  no_labels: 'no label yet',
  one_class: 'only one class so far',
};
export const reasonText = (code: string | undefined) => (code ? (REASONS[code] ?? code) : 'none');
