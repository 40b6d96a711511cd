/** From a table's columns and a target to the documents of the API: a feature service without views, and a training set. */
import type { Body, SourceColumn, SourceSpec } from '@/api/types';

type Service = Body<'FeatureServiceIn'>['spec'];
type TrainingSet = Body<'TrainingSetIn'>['spec'];
export type Task = 'binary' | 'regression';

const NUMBERS = ['int32', 'int64', 'float32', 'float64'];
export const isNumber = (column: SourceColumn) => NUMBERS.includes(column.type);
export const isTime = (column: SourceColumn) => column.type === 'date' || column.type === 'timestamp';

/** The service whose features stand in the request: text is a category, a date becomes three numbers. */
export function serviceOf(columns: SourceColumn[], features: string[]): Service {
  const used = columns.filter((column) => features.includes(column.name));
  return {
    views: [],
    request: used.map(({ name, type }) => ({ name, type })),
    expressions: used.filter(isTime).flatMap(calendar),
    categorical: used.filter((column) => column.type === 'string').map((column) => column.name),
  };
}

function calendar({ name }: SourceColumn) {
  return [
    { name: `${name}__days`, sql: `unix_seconds(${name}) / 86400`, type: 'float64' as const },
    { name: `${name}__month`, sql: `month(${name})`, type: 'int32' as const },
    { name: `${name}__weekday`, sql: `weekday(${name})`, type: 'int32' as const },
  ];
}

/** Rows of one key stay in one split, so that the hold-out holds keys that the model has not seen. */
export function trainingSetOf(source: string, spec: SourceSpec, target: string, service: string): TrainingSet {
  return {
    labels: source,
    label: target,
    feature_service: service,
    split: { kind: 'hash', by: spec.keys ?? [] },
    ...(spec.event_time ? { event_time: spec.event_time } : {}),
  };
}

/** The column that dates the rows is a time: a date is one at midnight, UTC. */
export function withTime(columns: SourceColumn[], time: string | null): SourceColumn[] {
  return columns.map((column) =>
    column.name === time && column.type === 'date' ? { ...column, type: 'timestamp', timezone: 'UTC' } : column,
  );
}

export function taskOf(column: SourceColumn, zeroOrOne: boolean): Task | null {
  if (column.type === 'bool' || (isNumber(column) && zeroOrOne)) return 'binary';
  return isNumber(column) ? 'regression' : null;
}
