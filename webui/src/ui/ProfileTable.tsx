import { brief, number, percent } from '@/lib/format';
import { DataTable } from './DataTable';
import { Bars, Columns, Mono, None } from './figures';

export interface ProfiledColumn {
  name: string;
  type: string;
  null_share?: number | null;
  null_count?: number | null;
  distinct?: number | null;
  min?: unknown;
  max?: unknown;
  mean?: number | null;
  histogram?: { edges: unknown[]; counts: number[] } | null;
  top?: { value: unknown; count: number }[] | null;
}

/** The profile of a table's columns: nulls, distinct values, range, distribution. */
export function ProfileTable({ columns, rows }: { columns: ProfiledColumn[]; rows: number }) {
  return (
    <DataTable
      label="Profile of the columns"
      rows={columns}
      rowKey={(column) => column.name}
      columns={[
        { id: 'name', header: 'Column', value: (column) => column.name, cell: (column) => <Mono>{column.name}</Mono> },
        { id: 'type', header: 'Type', value: (column) => column.type, cell: (column) => <Mono>{column.type}</Mono> },
        {
          id: 'null',
          header: 'Null',
          right: true,
          value: (column) => nulls(column, rows),
          cell: (column) => percent(nulls(column, rows), 2),
        },
        {
          id: 'distinct',
          header: 'Distinct',
          right: true,
          value: (column) => column.distinct,
          cell: (column) => number(column.distinct),
        },
        { id: 'min', header: 'Least', right: true, cell: (column) => <Mono>{end(column.min)}</Mono> },
        {
          id: 'mean',
          header: 'Mean',
          right: true,
          cell: (column) => (column.mean == null ? <None>–</None> : brief(column.mean)),
        },
        { id: 'max', header: 'Most', right: true, cell: (column) => <Mono>{end(column.max)}</Mono> },
        { id: 'shape', header: 'Distribution', width: 220, cell: (column) => <Shape column={column} /> },
      ]}
    />
  );
}

function nulls(column: ProfiledColumn, rows: number): number | null {
  return column.null_share ?? (column.null_count == null ? null : column.null_count / Math.max(rows, 1));
}

function end(value: unknown): string {
  if (value === null || value === undefined) return '–';
  const text =
    typeof value === 'number'
      ? brief(value)
      : String(value)
          .replace(/(\.\d+)?(\+00(:00)?|Z)$/, '')
          .replace('T', ' ');
  return text.length > 19 ? `${text.slice(0, 18)}…` : text;
}

function Shape({ column }: { column: ProfiledColumn }) {
  if (column.histogram?.counts.length)
    return <Columns values={column.histogram.counts} height={26} label={`Distribution of ${column.name}`} />;
  const top = column.top?.slice(0, 2) ?? [];
  if (top.length === 0) return <None>–</None>;
  return (
    <Bars items={top.map((item) => ({ name: String(item.value), value: item.count, text: number(item.count) }))} />
  );
}
