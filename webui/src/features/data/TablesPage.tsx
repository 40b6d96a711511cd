import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { listTables } from '@/api/list-tables';
import type { Table } from '@/api/types';
import { bytes, number } from '@/lib/format';
import { paths } from '@/lib/paths';
import { asApiError } from '@/lib/problem';
import { useParam } from '@/lib/route';
import {
  Ago,
  DataTable,
  EmptyState,
  ErrorState,
  Loading,
  None,
  PageHeader,
  Panel,
  StateWord,
  type TableColumn,
} from '@/ui';
import { dirtyValues } from './dirt';

export default function TablesPage() {
  const project = useParam('project');
  const tables = useQuery(listTables(project));
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Data' }, { label: 'Tables' }]}
        title="Tables"
        provenance="Published snapshots: of sources, and of feature views."
      />
      {tables.error ? (
        <ErrorState error={asApiError(tables.error)} what="The list of tables" retry={() => void tables.refetch()} />
      ) : !tables.data ? (
        <Loading />
      ) : tables.data.results.length === 0 ? (
        <EmptyState title="No table yet" phase={0} action={{ label: 'Open sources', to: paths.sources(project) }}>
          Ingest a source, and its rows stand here as a table with a profile.
        </EmptyState>
      ) : (
        <Panel
          title="All tables"
          note={`${tables.data.results.length}, ${number(tables.data.results.reduce((sum, table) => sum + (table.current?.rows ?? 0), 0))} rows`}
          flush
        >
          <DataTable
            label="Tables"
            rows={tables.data.results}
            columns={columns(project)}
            rowKey={(table) => table.id}
          />
        </Panel>
      )}
    </>
  );
}

function columns(project: string): TableColumn<Table>[] {
  return [
    {
      id: 'name',
      header: 'Table',
      value: (table) => table.name,
      cell: (table) => <Link to={paths.table(project, table.name)}>{table.name}</Link>,
    },
    {
      id: 'kind',
      header: 'Made by',
      value: (table) => table.kind,
      cell: (table) => (table.kind === 'source' ? 'source' : 'feature view'),
    },
    {
      id: 'rows',
      header: 'Rows',
      right: true,
      value: (table) => table.current?.rows,
      cell: (table) => number(table.current?.rows),
    },
    {
      id: 'columns',
      header: 'Columns',
      right: true,
      value: (table) => table.current?.columns.length,
      cell: (table) => number(table.current?.columns.length),
    },
    {
      id: 'size',
      header: 'Size',
      right: true,
      value: (table) => table.current?.bytes,
      cell: (table) => bytes(table.current?.bytes),
    },
    { id: 'dirt', header: 'Wrong values', right: true, cell: (table) => <Dirty table={table} /> },
    {
      id: 'version',
      header: 'Version',
      right: true,
      cell: (table) => (table.current ? `v${table.current.number}` : <None>not published</None>),
    },
    {
      id: 'at',
      header: 'Published',
      right: true,
      value: (table) => table.current?.created_at,
      cell: (table) => <Ago at={table.current?.created_at} />,
    },
  ];
}

function Dirty({ table }: { table: Table }) {
  if (!table.current) return <None />;
  const rows = dirtyValues(table.current.dirt);
  return rows === 0 ? <None>0</None> : <StateWord as="drift">{number(rows)}</StateWord>;
}
