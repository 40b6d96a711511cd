import { number } from './format';

interface Progress {
  done?: number | null;
  total?: number | null;
  message?: string | null;
  unit?: string | null;
}

/** Done of all, from 0 to 1; undefined while the whole is unknown. */
export function share(progress: Progress | null | undefined): number | undefined {
  if (!progress?.total || progress.done == null) return undefined;
  return progress.done / progress.total;
}

/** "Trial 39, 38 of 60 trials"; before anything is done of an unknown whole, the message alone. */
export function spoken(progress: Progress | null | undefined): string {
  if (!progress) return '';
  const unit = progress.unit ? ` ${progress.unit}` : '';
  const amount =
    progress.done == null || (progress.done === 0 && !progress.total)
      ? ''
      : `${amountOf(progress.done)}${progress.total ? ` of ${number(progress.total)}` : ''}${unit}`;
  return [progress.message, amount].filter(Boolean).join(', ');
}

function amountOf(done: number): string {
  return Number.isInteger(done) ? number(done) : number(done, 1);
}
