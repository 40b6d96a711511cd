import type { Report } from '@/api/types';
import { brief, percent } from '@/lib/format';
import { Chart, Legend, type Tokens } from '../Chart';

const UNIT = { type: 'value' as const, min: 0, max: 1, interval: 0.5 };
const diagonal = (tokens: Tokens, end = 1, start = 0) => ({
  type: 'line',
  data: [
    [start, start],
    [end, end],
  ],
  lineStyle: { color: tokens.line2, width: 1, type: 'dashed' },
  silent: true,
  tooltip: { show: false },
});

export function Roc({ report }: { report: Report }) {
  if (!report.roc) return null;
  const auc = report.metrics.test.auc;
  return (
    <Chart
      title={`ROC, area ${brief(auc?.value)}`}
      height={200}
      columns={['False positive rate', 'True positive rate']}
      rows={report.roc}
      draw={(tokens) => ({
        tooltip: { trigger: 'axis', valueFormatter: (value: unknown) => brief(value) },
        xAxis: UNIT,
        yAxis: UNIT,
        series: [
          { type: 'line', name: 'True positive rate', data: report.roc, areaStyle: { opacity: 0.08 } },
          diagonal(tokens),
        ],
      })}
    />
  );
}

export function PrecisionRecall({ report }: { report: Report }) {
  if (!report.precision_recall) return null;
  const base = report.label_mean.test ?? 0;
  return (
    <Chart
      title={`Precision ${brief(report.metrics.test.average_precision?.value)} over recall`}
      height={180}
      columns={['Recall', 'Precision']}
      rows={report.precision_recall}
      draw={(tokens) => ({
        tooltip: { trigger: 'axis', valueFormatter: (value: unknown) => brief(value) },
        xAxis: UNIT,
        yAxis: UNIT,
        series: [
          {
            type: 'line',
            name: 'Precision',
            data: report.precision_recall,
            markLine: {
              symbol: 'none',
              data: [{ yAxis: base }],
              label: { formatter: `chance ${percent(base)}`, position: 'insideEndTop' },
              lineStyle: { color: tokens.base, type: 'dashed' },
            },
          },
        ],
      })}
    />
  );
}

export function Calibration({ report }: { report: Report }) {
  if (!report.calibration) return null;
  const bins = report.calibration;
  const rows = bins.reduce((sum, bin) => sum + bin.rows, 0);
  const error = bins.reduce((sum, bin) => sum + (bin.rows / rows) * Math.abs(bin.rate - bin.score), 0);
  const end = Math.max(...bins.flatMap((bin) => [bin.rate, bin.score]));
  const start = report.task === 'binary' ? 0 : Math.min(...bins.flatMap((bin) => [bin.rate, bin.score]));
  const from = report.task === 'binary' ? 0 : undefined;
  return (
    <Chart
      title={`Calibration off by ${brief(error)}`}
      height={200}
      columns={['Predicted', 'Observed', 'Rows']}
      rows={bins.map((bin) => [bin.score, bin.rate, bin.rows])}
      draw={(tokens) => ({
        tooltip: { trigger: 'axis', valueFormatter: (value: unknown) => brief(value) },
        xAxis: { type: 'value', min: from },
        yAxis: { type: 'value', min: from },
        series: [
          {
            type: 'line',
            name: 'Observed',
            data: bins.map((bin) => [bin.score, bin.rate]),
            symbol: 'circle',
            symbolSize: 7,
          },
          diagonal(tokens, end, start),
        ],
      })}
    />
  );
}

/** How the predictions lie; by class where there is one. */
export function Scores({ report }: { report: Report }) {
  const found = report.histogram;
  if (!found) return null;
  const middle = (place: number) => ((found.edges[place] ?? 0) + (found.edges[place + 1] ?? 0)) / 2;
  const two = found.positive && found.negative;
  const legend = two && (
    <Legend
      items={[
        { name: 'negative', mark: 'dot', tone: 'base' },
        { name: 'positive', mark: 'dot', tone: 's1' },
      ]}
    />
  );
  return (
    <Chart
      title={report.threshold === null ? 'Predictions' : `Decides at ${brief(report.threshold)}`}
      legend={legend}
      height={180}
      columns={two ? ['Prediction', 'Negative', 'Positive'] : ['Prediction', 'Rows']}
      rows={found.all.map((count, place) =>
        two ? [middle(place), found.negative?.[place] ?? 0, found.positive?.[place] ?? 0] : [middle(place), count],
      )}
      draw={(tokens) => ({
        tooltip: { trigger: 'axis' },
        xAxis: {
          type: 'category',
          data: found.all.map((_, place) => brief(middle(place))),
          axisLabel: { interval: 9 },
        },
        yAxis: { type: 'value', splitNumber: 2 },
        series: two
          ? [
              {
                type: 'bar',
                stack: 'all',
                name: 'Negative',
                data: found.negative,
                color: tokens.base,
                barCategoryGap: '10%',
              },
              { type: 'bar', stack: 'all', name: 'Positive', data: found.positive, color: tokens.s1 },
            ]
          : [{ type: 'bar', name: 'Rows', data: found.all, color: tokens.s1 }],
      })}
    />
  );
}

/** What a regression gets wrong: the label less the prediction, with where half of the rows lie. */
export function Residuals({ report }: { report: Report }) {
  const found = report.residuals;
  if (!found) return null;
  const rows = found.all.map((count, place): [number, number] => [
    ((found.edges[place] ?? 0) + (found.edges[place + 1] ?? 0)) / 2,
    count,
  ]);
  const [, , lower, , upper] = found.quantiles;
  return (
    <Chart
      title={`Residuals, half of them from ${brief(lower)} to ${brief(upper)}`}
      height={200}
      columns={['Label less prediction', 'Rows']}
      rows={rows}
      draw={(tokens) => ({
        tooltip: { trigger: 'axis' },
        xAxis: { type: 'category', data: rows.map(([middle]) => brief(middle)), axisLabel: { interval: 9 } },
        yAxis: { type: 'value', splitNumber: 2 },
        series: [{ type: 'bar', name: 'Rows', data: found.all, color: tokens.s1, barCategoryGap: '10%' }],
      })}
    />
  );
}
