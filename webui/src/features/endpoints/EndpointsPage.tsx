import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { listEndpoints } from '@/api/list-endpoints';
import type { Endpoint } from '@/api/types';
import { paths } from '@/lib/paths';
import { asApiError } from '@/lib/problem';
import { useParam } from '@/lib/route';
import { Ago, DataTable, EmptyState, ErrorState, Loading, Mono, None, PageHeader, Panel, type TableColumn } from '@/ui';
import { EndpointState } from './EndpointState';

export default function EndpointsPage() {
  const project = useParam('project');
  const endpoints = useQuery({ ...listEndpoints(project), refetchInterval: 10_000 });
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Deploy' }, { label: 'Endpoints' }]}
        title="Endpoints"
        provenance="Addresses that answer. Deploying moves one pointer; rolling back moves it back."
      />
      {endpoints.error ? (
        <ErrorState
          error={asApiError(endpoints.error)}
          what="The list of endpoints"
          retry={() => void endpoints.refetch()}
        />
      ) : !endpoints.data ? (
        <Loading />
      ) : endpoints.data.results.length === 0 ? (
        <EmptyState title="No endpoint yet" phase={3} action={{ label: 'Open models', to: paths.models(project) }}>
          Open a model version and deploy it; it gets an address and answers in a few seconds.
        </EmptyState>
      ) : (
        <Panel title="All endpoints" note={String(endpoints.data.results.length)} flush>
          <DataTable
            label="Endpoints"
            rows={endpoints.data.results}
            columns={columns(project)}
            rowKey={(endpoint) => endpoint.id}
          />
        </Panel>
      )}
    </>
  );
}

function columns(project: string): TableColumn<Endpoint>[] {
  return [
    {
      id: 'name',
      header: 'Endpoint',
      value: (one) => one.name,
      cell: (one) => <Link to={paths.endpoint(project, one.name)}>{one.name}</Link>,
    },
    { id: 'state', header: 'State', value: (one) => one.state, cell: (one) => <EndpointState endpoint={one} /> },
    {
      id: 'serves',
      header: 'Serves',
      cell: (one) =>
        one.current ? (
          <Link
            to={paths.version(project, one.current.model, one.current.version)}
          >{`${one.current.model} v${one.current.version}`}</Link>
        ) : (
          <None />
        ),
    },
    { id: 'url', header: 'Address', cell: (one) => <Mono>{one.url}</Mono> },
    { id: 'auth', header: 'Callers', cell: (one) => (one.auth === 'key' ? 'with a key' : 'anyone who reaches it') },
    {
      id: 'at',
      header: 'Last change',
      right: true,
      cell: (one) => <Ago at={one.current?.finished_at ?? one.created_at} />,
    },
  ];
}
