/** Words and numbers, formatted once for the whole console. */

const MINUS = '\u2212';
const NARROW = '\u00a0';

/** A number with the given decimals; thousands separated, true minus sign. Null is "none". */
export function number(value: number | null | undefined, digits = 0): string {
  if (value === null || value === undefined || Number.isNaN(value)) return 'none';
  const text = Math.abs(value).toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return value < 0 ? MINUS + text : text;
}

/** A number with a sign, for a difference. */
export function delta(value: number, digits = 3): string {
  return (value > 0 ? '+' : '') + number(value, digits);
}

/** Up to four significant digits, for values of unknown size. */
export function brief(value: unknown): string {
  if (value === null || value === undefined) return 'none';
  if (typeof value !== 'number') return String(value);
  if (Number.isInteger(value)) return number(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e7)) return value.toExponential(2).replace('-', MINUS);
  return number(value, size >= 100 ? 1 : size >= 1 ? 3 : 4);
}

export function percent(share: number | null | undefined, digits = 1): string {
  return share === null || share === undefined ? 'none' : `${number(share * 100, digits)}${NARROW}%`;
}

export function bytes(size: number | null | undefined): string {
  if (size === null || size === undefined) return 'none';
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  const step = Math.min(units.length - 1, Math.floor(Math.log(Math.max(size, 1)) / Math.log(1024)));
  return `${number(size / 1024 ** step, step === 0 ? 0 : 1)}${NARROW}${units[step]}`;
}

export function milliseconds(value: number | null | undefined): string {
  if (value === null || value === undefined) return 'none';
  return `${number(value, value < 10 ? 2 : value < 100 ? 1 : 0)}${NARROW}ms`;
}

/** Seconds as "0.4 s", "42 s", "2 min 10 s", "1 h 5 min", "3 d 2 h". */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || Number.isNaN(seconds)) return 'none';
  if (seconds < 10) return `${number(Math.max(0, seconds), 1)}${NARROW}s`;
  if (seconds < 60) return `${number(seconds)}${NARROW}s`;
  if (seconds < 3600) return pair(seconds, 60, 'min', 's');
  if (seconds < 86_400) return pair(seconds / 60, 60, 'h', 'min');
  return pair(seconds / 3600, 24, 'd', 'h');
}

function pair(amount: number, base: number, large: string, small: string): string {
  const rest = Math.floor(amount % base);
  const head = `${Math.floor(amount / base)}${NARROW}${large}`;
  return rest ? `${head} ${rest}${NARROW}${small}` : head;
}

export function between(start: string | null | undefined, end: string | null | undefined, now = Date.now()): string {
  if (!start) return 'none';
  return duration(((end ? Date.parse(end) : now) - Date.parse(start)) / 1000);
}

/** "12 min ago" under a day, the date after it. */
export function ago(instant: string | null | undefined, now = Date.now()): string {
  if (!instant) return 'never';
  const seconds = (now - Date.parse(instant)) / 1000;
  if (seconds < 5) return 'just now';
  if (seconds < 86_400) return `${duration(seconds).split(' ')[0]} ago`;
  return new Date(instant).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
}

export function exact(instant: string): string {
  return new Date(instant).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'long' });
}

/** A UTC day, "2013-10-06" as "6 Oct". */
export function dayName(day: string): string {
  const noon = new Date(`${day}T12:00:00Z`);
  return noon.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
}

export function clock(instant: string): string {
  return new Date(instant).toLocaleTimeString('en-GB');
}

/** The head of a digest or id, enough to recognise it. */
export function short(id: string | null | undefined, length = 8): string {
  if (!id) return 'none';
  const [prefix, rest] = id.includes('_') ? [`${id.split('_')[0]}_`, id.slice(id.indexOf('_') + 1)] : ['', id];
  return prefix ? `${prefix}${rest.slice(-length)}` : rest.slice(0, length + 4);
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${number(count)} ${count === 1 ? one : many}`;
}

const PROPER: Record<string, string> = { lightgbm: 'LightGBM' };

/** "training_set" as "Training set". */
export function words(name: string): string {
  if (PROPER[name]) return PROPER[name];
  const text = name.replaceAll(/[_-]/g, ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}
