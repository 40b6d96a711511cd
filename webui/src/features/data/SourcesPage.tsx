import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { ingestSource } from '@/api/ingest-source';
import { listSources } from '@/api/list-sources';
import type { Source } from '@/api/types';
import { number, short } from '@/lib/format';
import { paths } from '@/lib/paths';
import { asApiError } from '@/lib/problem';
import { useParam } from '@/lib/route';
import {
  ActionError,
  Ago,
  Allowed,
  Button,
  CopyAs,
  DataTable,
  EmptyState,
  ErrorState,
  Loading,
  Mono,
  None,
  PageHeader,
  Panel,
  Row,
  StateBadge,
  type TableColumn,
} from '@/ui';
import { AddSource } from './AddSource';

export default function SourcesPage() {
  const project = useParam('project');
  const sources = useQuery(listSources(project));
  const [adding, setAdding] = useState(false);
  const add = (
    <Allowed project={project} action="edit">
      <Button onClick={() => setAdding(true)}>Add source</Button>
    </Allowed>
  );
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Data' }, { label: 'Sources' }]}
        title="Sources"
        actions={add}
        provenance="Files this project reads. Ingesting one publishes a version of its table."
      />
      {sources.error ? (
        <ErrorState error={asApiError(sources.error)} what="The list of sources" retry={() => void sources.refetch()} />
      ) : !sources.data ? (
        <Loading />
      ) : sources.data.results.length === 0 ? (
        <EmptyState title="No source yet" phase={0} action={{ label: 'Use your own data', to: paths.ownData(project) }}>
          A source is an uploaded CSV file, or a zip with one. Its rows become a table with a profile, and what cannot
          be read is counted.
        </EmptyState>
      ) : (
        <SourceList project={project} sources={sources.data.results} />
      )}
      <AddSource project={project} open={adding} onClose={() => setAdding(false)} />
    </>
  );
}

function SourceList({ project, sources }: { project: string; sources: Source[] }) {
  const queries = useQueryClient();
  const ingest = useMutation({
    mutationFn: (name: string) => ingestSource(project, name),
    onSettled: () => queries.invalidateQueries({ queryKey: ['project', project] }),
  });
  const columns: TableColumn<Source>[] = [
    {
      id: 'name',
      header: 'Source',
      value: (source) => source.name,
      cell: (source) => <Link to={paths.table(project, source.name)}>{source.name}</Link>,
    },
    {
      id: 'state',
      header: 'Newest ingest',
      value: (source) => source.state,
      cell: (source) => <Ingested project={project} source={source} />,
    },
    { id: 'rows', header: 'Rows', right: true, value: (source) => source.rows, cell: (source) => number(source.rows) },
    { id: 'file', header: 'File', cell: (source) => <Mono>{short(source.spec.upload)}</Mono> },
    {
      id: 'time',
      header: 'Event time',
      cell: (source) => (source.spec.event_time ? <Mono>{source.spec.event_time}</Mono> : <None />),
    },
    {
      id: 'keys',
      header: 'Keys',
      cell: (source) => (source.spec.keys?.length ? <Mono>{source.spec.keys.join(', ')}</Mono> : <None />),
    },
    {
      id: 'created',
      header: 'Created',
      value: (source) => source.created_at,
      cell: (source) => <Ago at={source.created_at} />,
    },
    {
      id: 'act',
      header: '',
      right: true,
      cell: (source) => (
        <Allowed project={project} action="edit" quiet>
          <Row wrap={false}>
            <CopyAs request={{ method: 'POST', path: `/api/v1/projects/${project}/sources/${source.name}/ingest` }} />
            <Button
              size="sm"
              variant="default"
              onClick={() => ingest.mutate(source.name)}
              loading={ingest.isPending && ingest.variables === source.name}
            >
              Ingest
            </Button>
          </Row>
        </Allowed>
      ),
    },
  ];
  return (
    <>
      <ActionError error={ingest.error ? asApiError(ingest.error) : null} />
      <Panel title="All sources" note={String(sources.length)} flush>
        <DataTable label="Sources" rows={sources} columns={columns} rowKey={(source) => source.id} />
      </Panel>
    </>
  );
}

function Ingested({ project, source }: { project: string; source: Source }) {
  if (!source.job) return <StateBadge as="empty">Not ingested</StateBadge>;
  return (
    <Link to={paths.job(project, source.job)}>
      <StateBadge state={source.state} />
    </Link>
  );
}
