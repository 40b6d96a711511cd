import { useQuery } from '@tanstack/react-query';
import { getTablePreview } from '@/api/get-table-preview';
import { brief } from '@/lib/format';
import { asApiError } from '@/lib/problem';
import { DataTable, ErrorState, Loading, None, Panel } from '@/ui';

type Line = { place: number; values: unknown[] };

export function PreviewTab({ project, table }: { project: string; table: string }) {
  const preview = useQuery(getTablePreview(project, table));
  if (preview.error)
    return <ErrorState error={asApiError(preview.error)} what="The preview" retry={() => void preview.refetch()} />;
  if (!preview.data) return <Loading />;
  const { columns, rows } = preview.data;
  const lines: Line[] = rows.map((row, place) => ({ place, values: columns.map((column) => row[column.name]) }));
  return (
    <Panel title={`First ${rows.length} rows`} flush>
      <DataTable
        label="Preview"
        compact
        rows={lines}
        rowKey={(line) => String(line.place)}
        columns={columns.map((column, at) => ({
          id: column.name,
          header: column.name,
          right: /int|float/.test(column.type),
          cell: (line: Line) => <Value value={line.values[at]} />,
        }))}
      />
    </Panel>
  );
}

function Value({ value }: { value: unknown }) {
  if (value === null || value === undefined) return <None>null</None>;
  return <>{typeof value === 'number' ? (Number.isInteger(value) ? String(value) : brief(value)) : String(value)}</>;
}
