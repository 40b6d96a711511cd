import { useState } from 'react';
import type { Report } from '@/api/types';
import { brief, percent } from '@/lib/format';
import { DataTable } from '../DataTable';
import { Bars, Columns as Histogram, Mono, None } from '../figures';
import { Panel } from '../Panel';

export function Importances({ report }: { report: Report }) {
  const own = report.importances.some((item) => item.share !== null);
  const items = report.importances
    .map((item) => ({ name: item.name, value: own ? (item.share ?? 0) : Math.max(0, item.permutation) }))
    .sort((a, b) => b.value - a.value)
    .slice(0, 12)
    .map((item) => ({ ...item, text: own ? percent(item.value) : brief(item.value) }));
  if (items.length === 0) return null;
  const kind = report.importances[0]?.kind;
  return (
    <Panel title="What it looks at" note={own ? `share of ${kind ?? 'weight'}` : 'loss when shuffled'}>
      <Bars items={items} />
    </Panel>
  );
}

/** Every input as it was distributed in training. */
export function Inputs({ report }: { report: Report }) {
  const [shown, setShown] = useState(12);
  const rows = report.features.slice(0, shown);
  const more = report.features.length > shown && (
    <button
      type="button"
      onClick={() => setShown(report.features.length)}
      style={{
        border: 0,
        background: 'none',
        color: 'var(--accentT)',
        font: 'inherit',
        fontSize: 12,
        cursor: 'pointer',
      }}
    >
      Show all {report.features.length}
    </button>
  );
  const permuted = new Map(report.importances.map((item) => [item.name, item.permutation]));
  return (
    <Panel title="Inputs in training" note={`${report.features.length}`} right={more} flush>
      <DataTable
        label="Inputs"
        compact
        rows={rows}
        rowKey={(feature) => feature.name}
        columns={[
          {
            id: 'name',
            header: 'Input',
            value: (feature) => feature.name,
            cell: (feature) => <Mono>{feature.name}</Mono>,
          },
          {
            id: 'origin',
            header: 'From',
            value: (feature) => feature.view ?? feature.origin,
            cell: (feature) => feature.view ?? feature.origin,
          },
          {
            id: 'null',
            header: 'Null',
            right: true,
            value: (feature) => feature.null_share,
            cell: (feature) => percent(feature.null_share, 2),
          },
          {
            id: 'mean',
            header: 'Mean',
            right: true,
            cell: (feature) => (feature.mean == null ? <None>–</None> : brief(feature.mean)),
          },
          {
            id: 'loss',
            header: 'Loss when shuffled',
            right: true,
            value: (feature) => permuted.get(feature.name),
            cell: (feature) => brief(permuted.get(feature.name)),
          },
          { id: 'shape', header: 'Distribution', width: 150, cell: (feature) => <Shape feature={feature} /> },
        ]}
      />
    </Panel>
  );
}

function Shape({ feature }: { feature: Report['features'][number] }) {
  const values = feature.histogram?.rows ?? feature.top?.map((item) => item.rows);
  if (!values?.length) return <None>–</None>;
  return <Histogram values={values} height={18} label={`Distribution of ${feature.name}`} />;
}
