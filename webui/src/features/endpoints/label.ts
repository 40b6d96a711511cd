import type { Column } from '@/api/types';
import { parse, record } from './record';

export type NamedBy = 'request' | 'keys';

/** A label as it is sent, from the texts of its form; what is no number goes as it is, and the API says so. */
export function label(by: NamedBy, keys: Column[], texts: Record<string, string>): Record<string, unknown> {
  const value = parse({ name: 'value', type: 'float64' }, texts.value ?? '').value;
  if (by === 'request') {
    const row = parse({ name: 'row', type: 'int32' }, texts.row ?? '').value;
    return { request_id: (texts.request_id ?? '').trim(), ...(row === null ? {} : { row }), value };
  }
  const named = Object.fromEntries(keys.map((key) => [key.name, texts[`key ${key.name}`] ?? '']));
  return { keys: record(keys, named), event_time: (texts.event_time ?? '').trim(), value };
}
