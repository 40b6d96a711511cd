import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { listDeployments } from '@/api/list-deployments';
import type { Deployment, Endpoint } from '@/api/types';
import { duration } from '@/lib/format';
import { paths } from '@/lib/paths';
import { asApiError } from '@/lib/problem';
import { Ago, DataTable, ErrorState, Loading, None, Panel, StateWord, type TableColumn } from '@/ui';
import { RollBackTo } from './RollBack';

/** Every change of what the endpoint serves; each earlier one can serve again. */
export function Revisions({ project, endpoint }: { project: string; endpoint: Endpoint }) {
  const deployments = useQuery({
    ...listDeployments(project, endpoint.name),
    refetchInterval: endpoint.state === 'deploying' ? 500 : 15_000,
  });
  if (deployments.error) return <ErrorState error={asApiError(deployments.error)} what="The revisions" />;
  if (!deployments.data) return <Loading rows={4} />;
  return (
    <Panel title="Revisions" note="the pointer moves back in under a second, no request is dropped" flush>
      <DataTable
        label="Revisions"
        rows={deployments.data.results}
        columns={columns(project, endpoint)}
        rowKey={(one) => one.id}
      />
    </Panel>
  );
}

function columns(project: string, endpoint: Endpoint): TableColumn<Deployment>[] {
  return [
    { id: 'number', header: 'Revision', cell: (one) => <b>{one.number}</b> },
    { id: 'state', header: 'State', cell: (one) => <State deployment={one} /> },
    {
      id: 'serves',
      header: 'Serves',
      cell: (one) => <Link to={paths.version(project, one.model, one.version)}>{`${one.model} v${one.version}`}</Link>,
    },
    {
      id: 'kind',
      header: 'By',
      cell: (one) => [one.kind === 'rollback' ? 'rollback' : 'deploy', one.created_by].filter(Boolean).join(', '),
    },
    {
      id: 'took',
      header: 'Took',
      right: true,
      cell: (one) => (one.events.length ? duration(one.events.at(-1)?.seconds) : <None />),
    },
    { id: 'at', header: 'When', right: true, cell: (one) => <Ago at={one.created_at} /> },
    {
      id: 'act',
      header: '',
      right: true,
      cell: (one) => <RollBackTo project={project} endpoint={endpoint} deployment={one} />,
    },
  ];
}

function State({ deployment }: { deployment: Deployment }) {
  if (deployment.live) return <StateWord as="live">Serving</StateWord>;
  if (deployment.stage === 'failed') {
    return (
      <span title={deployment.reason ?? undefined}>
        <StateWord as="failed">{deployment.code ?? 'Failed'}</StateWord>
      </span>
    );
  }
  if (deployment.stage === 'active') return <StateWord as="retired">Replaced</StateWord>;
  return <StateWord as="running">{deployment.stage}</StateWord>;
}
