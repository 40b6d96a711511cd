import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { getEndpoint } from '@/api/get-endpoint';
import { getTraffic } from '@/api/get-traffic';
import type { Endpoint } from '@/api/types';
import { paths } from '@/lib/paths';
import { asApiError } from '@/lib/problem';
import { useParam, useSearchWord } from '@/lib/route';
import { Allowed, Button, Columns, Copy, EmptyState, ErrorState, Loading, Origin, PageHeader, Row, Stack } from '@/ui';
import { EndpointState } from './EndpointState';
import classes from './endpoints.module.css';
import { QualityPanel } from './QualityPanel';
import { Revisions } from './Revisions';
import { RollBack } from './RollBack';
import { Route } from './Route';
import { TrafficPanel } from './TrafficPanel';
import { TryIt } from './TryIt';

export default function EndpointPage() {
  const project = useParam('project');
  const name = useParam('endpoint');
  const endpoint = useQuery({
    ...getEndpoint(project, name),
    refetchInterval: (query) => (query.state.data?.state === 'deploying' ? 500 : 10_000),
  });
  if (endpoint.error)
    return <ErrorState error={asApiError(endpoint.error)} what="This endpoint" retry={() => void endpoint.refetch()} />;
  if (!endpoint.data) return <Loading rows={10} />;
  return <EndpointBody project={project} endpoint={endpoint.data} />;
}

function EndpointBody({ project, endpoint }: { project: string; endpoint: Endpoint }) {
  const [range, setRange] = useSearchWord('range');
  const traffic = useQuery({ ...getTraffic(project, endpoint.name, range ?? '24h'), refetchInterval: 5_000 });
  const current = endpoint.current;
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Deploy' }, { label: 'Endpoints', to: paths.endpoints(project) }]}
        title={endpoint.address}
        badges={<EndpointState endpoint={endpoint} />}
        actions={<Actions project={project} endpoint={endpoint} />}
        provenance={<Provenance project={project} endpoint={endpoint} />}
      />
      {!current && !endpoint.target ? (
        <EmptyState
          title="Nothing is deployed here"
          phase={3}
          action={{ label: 'Open models', to: paths.models(project) }}
        >
          The address exists and answers with “not deployed”. Deploy a model version to it.
        </EmptyState>
      ) : (
        <Columns narrow="lg">
          <Stack>
            <Route endpoint={endpoint} traffic={traffic.data} />
            <TrafficPanel traffic={traffic.data} error={traffic.error} range={range ?? '24h'} onRange={setRange} />
            <QualityPanel project={project} endpoint={endpoint} />
            <Revisions project={project} endpoint={endpoint} />
          </Stack>
          {current && <TryIt project={project} endpoint={endpoint} current={current} />}
        </Columns>
      )}
    </>
  );
}

function Provenance({ project, endpoint }: { project: string; endpoint: Endpoint }) {
  const current = endpoint.current;
  return (
    <>
      <span className={classes.address}>
        <code>POST {endpoint.url}</code>
        <Copy text={endpoint.url} label="Copy the address" />
      </span>
      <Origin name="Callers">{endpoint.auth === 'key' ? 'with a key' : 'anyone who reaches it'}</Origin>
      {current && (
        <Origin name="Serves" to={paths.version(project, current.model, current.version)}>
          {current.model} v{current.version}
        </Origin>
      )}
      {endpoint.description && <Origin>{endpoint.description}</Origin>}
    </>
  );
}

function Actions({ project, endpoint }: { project: string; endpoint: Endpoint }) {
  const model = endpoint.current?.model;
  return (
    <Allowed project={project} action="deploy">
      <Row>
        <RollBack project={project} endpoint={endpoint} />
        {endpoint.allowed_actions.includes('deploy') ? (
          <Button component={Link} to={model ? paths.model(project, model) : paths.models(project)}>
            Deploy version
          </Button>
        ) : (
          <Button>Deploy version</Button>
        )}
      </Row>
    </Allowed>
  );
}
