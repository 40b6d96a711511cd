import type { OpenApi, Operation, Shape } from '@/api/get-openapi';

/** One method at one address. */
export interface Entry {
  method: string;
  path: string;
  operation: Operation;
}

/** One row of a shape: where it stands, what it is, what it means. */
export interface Field {
  name: string;
  type: string;
  required: boolean;
  description: string;
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** The operations by tag, in the order of their addresses; only those that hold the text. */
export function groups(document: OpenApi, text = ''): [string, Entry[]][] {
  const wanted = text.trim().toLowerCase();
  const found = new Map<string, Entry[]>();
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const method of METHODS) {
      const operation = methods[method];
      if (!operation || !words(method, path, operation).includes(wanted)) continue;
      const tag = operation.tags?.[0] ?? 'other';
      found.set(tag, [...(found.get(tag) ?? []), { method: method.toUpperCase(), path, operation }]);
    }
  }
  return [...found].sort(([one], [other]) => one.localeCompare(other));
}

function words(method: string, path: string, operation: Operation): string {
  return `${method} ${path} ${operation.operationId} ${operation.summary}`.toLowerCase();
}

/** Follow references until a shape stands there. */
export function resolve(document: OpenApi, shape: Shape | undefined): Shape {
  let now = shape ?? {};
  for (let steps = 0; now.$ref && steps < 10; steps += 1) {
    now = document.components.schemas[now.$ref.split('/').pop() ?? ''] ?? {};
  }
  return now;
}

/** What a shape is, in a word: "string", "list of Column", "A or null". */
export function typeName(shape: Shape | undefined): string {
  if (!shape) return 'anything';
  if (shape.$ref) return shape.$ref.split('/').pop() ?? 'object';
  const several = shape.anyOf ?? shape.oneOf;
  if (several) return several.map(typeName).join(' or ');
  if (shape.enum) return shape.enum.map(String).join(' | ');
  if (shape.items) return `list of ${typeName(shape.items)}`;
  if (Array.isArray(shape.type)) return shape.type.join(' or ');
  return shape.type ?? 'anything';
}

/** The fields of an object; of a list, those of its items. */
export function fields(document: OpenApi, shape: Shape | undefined): Field[] {
  const found = resolve(document, shape);
  const object = found.items ? resolve(document, found.items) : found;
  return Object.entries(object.properties ?? {}).map(([name, field]) => ({
    name,
    type: typeName(field),
    required: object.required?.includes(name) ?? false,
    description: field.description ?? resolve(document, field).description ?? '',
  }));
}

/** The shape of a successful answer or of a body, and its media type. */
export function content(
  part: { content?: Record<string, { schema?: Shape }> } | undefined,
): { media: string; shape: Shape | undefined } | null {
  const [first] = Object.entries(part?.content ?? {});
  return first ? { media: first[0], shape: first[1].schema } : null;
}
