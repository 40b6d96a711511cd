import { useQuery } from '@tanstack/react-query';
import { getTable } from '@/api/get-table';
import { listTableVersions } from '@/api/list-table-versions';
import type { Table, TableVersion } from '@/api/types';
import { bytes, number, plural } from '@/lib/format';
import { paths } from '@/lib/paths';
import { asApiError } from '@/lib/problem';
import { useParam, useSearchWord } from '@/lib/route';
import {
  Ago,
  DataTable,
  EmptyState,
  ErrorState,
  Loading,
  Mono,
  None,
  Origin,
  PageHeader,
  PageTabs,
  Panel,
  StateBadge,
  type TableColumn,
  Tag,
} from '@/ui';
import { DirtPanel } from './DirtPanel';
import { dirtyValues } from './dirt';
import { PreviewTab } from './PreviewTab';
import { ProfileTab } from './ProfileTab';

export default function TablePage() {
  const project = useParam('project');
  const name = useParam('table');
  const table = useQuery(getTable(project, name));
  if (table.error)
    return <ErrorState error={asApiError(table.error)} what="This table" retry={() => void table.refetch()} />;
  if (!table.data) return <Loading />;
  return <TableBody project={project} table={table.data} />;
}

function TableBody({ project, table }: { project: string; table: Table }) {
  const [tab, setTab] = useSearchWord('tab');
  const current = table.current;
  const dirty = dirtyValues(current?.dirt);
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Data' }, { label: 'Tables', to: paths.tables(project) }]}
        title={table.name}
        mono
        badges={
          <>
            {current ? (
              <StateBadge as="succeeded">Published</StateBadge>
            ) : (
              <StateBadge as="queued">Not published</StateBadge>
            )}
            {dirty > 0 && <StateBadge as="drift">{plural(dirty, 'wrong value')}</StateBadge>}
            <Tag>{table.kind === 'source' ? 'Source' : 'Feature view'}</Tag>
          </>
        }
        provenance={current && <Provenance project={project} current={current} />}
        tabs={
          current && (
            <PageTabs
              value={tab ?? 'profile'}
              onChange={(value) => setTab(value === 'profile' ? undefined : value)}
              tabs={[
                ['profile', 'Profile', current.columns.length],
                ['preview', 'Preview'],
                ['dirt', 'Dirt', current.dirt.length],
                ['versions', 'Versions'],
              ]}
            />
          )
        }
      />
      {!current && (
        <EmptyState title="No version yet" phase={0} action={{ label: 'Open sources', to: paths.sources(project) }}>
          The table exists, and nothing was published in it. Ingest its source, or compute its view.
        </EmptyState>
      )}
      {current && (tab ?? 'profile') === 'profile' && (
        <ProfileTab project={project} table={table.name} version={current} />
      )}
      {current && tab === 'preview' && <PreviewTab project={project} table={table.name} />}
      {current && tab === 'dirt' && <DirtPanel version={current} />}
      {current && tab === 'versions' && <Versions project={project} table={table.name} />}
    </>
  );
}

function Provenance({ project, current }: { project: string; current: TableVersion }) {
  return (
    <>
      <Origin>{number(current.rows)} rows</Origin>
      <Origin>{bytes(current.bytes)}</Origin>
      <Origin name="Version">v{current.number}</Origin>
      <Origin name="Snapshot" mono>
        {current.snapshot}
      </Origin>
      {current.job.startsWith('job_') && (
        <Origin name="Job" mono to={paths.job(project, current.job)}>
          {current.job.slice(-8)}
        </Origin>
      )}
      <Origin name="Published">
        <Ago at={current.created_at} />
      </Origin>
    </>
  );
}

function Versions({ project, table }: { project: string; table: string }) {
  const versions = useQuery(listTableVersions(project, table));
  if (versions.error) return <ErrorState error={asApiError(versions.error)} what="The versions" />;
  if (!versions.data) return <Loading />;
  const columns: TableColumn<TableVersion>[] = [
    { id: 'number', header: 'Version', value: (version) => version.number, cell: (version) => `v${version.number}` },
    { id: 'snapshot', header: 'Snapshot', cell: (version) => <Mono>{version.snapshot}</Mono> },
    {
      id: 'rows',
      header: 'Rows',
      right: true,
      value: (version) => version.rows,
      cell: (version) => number(version.rows),
    },
    { id: 'dirt', header: 'Wrong values', right: true, cell: (version) => number(dirtyValues(version.dirt)) },
    { id: 'message', header: 'Message', cell: (version) => version.message || <None /> },
    {
      id: 'at',
      header: 'Published',
      right: true,
      value: (version) => version.created_at,
      cell: (version) => <Ago at={version.created_at} />,
    },
  ];
  return (
    <Panel title="Versions" note="newest first; none ever changes" flush>
      <DataTable label="Versions" rows={versions.data.results} columns={columns} rowKey={(version) => version.id} />
    </Panel>
  );
}
