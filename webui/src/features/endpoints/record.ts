import type { Column, Signature } from '@/api/types';

/** The sample of a signature is one record, or a whole body with records. */
export function sampleRecord(signature: Signature): Record<string, unknown> {
  const found = signature.sample as { records?: Record<string, unknown>[] } & Record<string, unknown>;
  return Array.isArray(found.records) ? (found.records[0] ?? {}) : found;
}

/** A field's text as the value that is sent; empty is null. What is not of the type is sent as it is, and the API says so. */
export function parse(field: Column, text: string): { value: unknown; fault?: string } {
  const trimmed = text.trim();
  if (trimmed === '') return { value: null };
  if (field.type === 'bool') return { value: trimmed === 'true' ? true : trimmed === 'false' ? false : trimmed };
  if (!/^(int|float)/.test(field.type)) return { value: text };
  const value = Number(trimmed);
  return Number.isNaN(value) ? { value: text, fault: `not a number (${field.type})` } : { value };
}

export function record(fields: Column[], values: Record<string, string>): Record<string, unknown> {
  return Object.fromEntries(fields.map((field) => [field.name, parse(field, values[field.name] ?? '').value]));
}
