/** What the console knows about metrics: names, directions, and which one leads. */

interface Metric {
  value: number;
}
type Metrics = Record<string, Metric>;

const NAMES: Record<string, string> = {
  auc: 'AUC',
  average_precision: 'Average precision',
  log_loss: 'Log loss',
  brier: 'Brier score',
  f1: 'F1',
  mae: 'MAE',
  rmse: 'RMSE',
  r2: 'R²',
};
const LOWER = new Set(['log_loss', 'brier', 'mae', 'rmse']);

export const nameOf = (metric: string) =>
  NAMES[metric] ?? metric.charAt(0).toUpperCase() + metric.slice(1).replaceAll('_', ' ');
export const lowerIsBetter = (metric: string) => LOWER.has(metric);

const ORDER = [
  'auc',
  'average_precision',
  'log_loss',
  'brier',
  'accuracy',
  'precision',
  'recall',
  'f1',
  'rmse',
  'mae',
  'r2',
];
const place = (name: string) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);

/** Metrics in the order people read them, whatever order the document has. */
export function ordered<Value>(metrics: Record<string, Value> | null | undefined): [string, Value][] {
  return Object.entries(metrics ?? {}).sort(([a], [b]) => place(a) - place(b));
}

/** The metric a list shows: AUC, or the error of a regression. */
export function leading(
  metrics: Metrics | null | undefined,
): { metric: string; value: number; low?: number | null; high?: number | null } | undefined {
  for (const metric of ['auc', 'rmse', 'mae']) {
    const found = metrics?.[metric];
    if (found) return { metric, ...found };
  }
  return undefined;
}

interface Run {
  name: string;
  metrics?: { test?: Metrics } | null;
}
export interface Best {
  metric: string;
  value: number;
  run: string;
}

/** The best run by each leading metric, AUC before errors: an AUC and an RMSE do not compare. */
export function bestOf(runs: Run[]): Best[] {
  const best = new Map<string, Best>();
  for (const run of runs) {
    const lead = leading(run.metrics?.test);
    const so = lead && best.get(lead.metric);
    if (lead && (!so || (lowerIsBetter(lead.metric) ? lead.value < so.value : lead.value > so.value)))
      best.set(lead.metric, { metric: lead.metric, value: lead.value, run: run.name });
  }
  return [...best.values()].sort((a, b) => place(a.metric) - place(b.metric));
}
