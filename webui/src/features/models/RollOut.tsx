import { useQuery } from '@tanstack/react-query';
import { getDeployment } from '@/api/get-deployment';
import { asApiError } from '@/lib/problem';
import { ErrorState, Loading, Row, StateBadge } from '@/ui';
import { DeploymentStages } from '@/ui/DeploymentStages';

const FINAL = new Set(['active', 'failed']);

/** A deployment's stages, read until it is active or failed. */
export function RollOut({
  project,
  deployment,
  after,
}: {
  project: string;
  deployment: string;
  after: (endpoint: string) => React.ReactNode;
}) {
  const found = useQuery({
    ...getDeployment(project, deployment),
    refetchInterval: (query) => (FINAL.has(query.state.data?.stage ?? '') ? false : 300),
  });
  if (found.error) return <ErrorState error={asApiError(found.error)} what="This deployment" />;
  if (!found.data) return <Loading rows={5} />;
  const { stage, endpoint, version } = found.data;
  return (
    <>
      <Row>
        {stage === 'active' ? (
          <StateBadge as="live">{`v${version} answers on ${endpoint}`}</StateBadge>
        ) : (
          <StateBadge state={stage === 'failed' ? 'failed' : 'running'}>
            {stage === 'failed' ? 'Failed, the old version serves on' : 'Rolling out'}
          </StateBadge>
        )}
      </Row>
      <DeploymentStages deployment={found.data} />
      {stage === 'active' && <Row>{after(endpoint)}</Row>}
    </>
  );
}
