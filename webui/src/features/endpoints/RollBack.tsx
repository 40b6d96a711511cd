import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { getDeployment } from '@/api/get-deployment';
import { rollback } from '@/api/rollback';
import type { Deployment, Endpoint } from '@/api/types';
import { asApiError } from '@/lib/problem';
import { ActionError, Button, CurlBlock, Panel, PlanDiff, Sheet, StateBadge, useRefusal } from '@/ui';
import { DeploymentStages } from '@/ui/DeploymentStages';

/** The header's button: back to what was served before, in two clicks. */
export function RollBack({ project, endpoint }: { project: string; endpoint: Endpoint }) {
  const [open, setOpen] = useState(false);
  const refused = useRefusal(project, 'deploy') !== undefined;
  if (!endpoint.allowed_actions.includes('rollback') && !(refused && endpoint.current?.previous)) return null;
  return (
    <>
      <Button variant="outline" color="carmine" onClick={() => setOpen(true)}>
        Roll back
      </Button>
      <RollBackSheet project={project} endpoint={endpoint} open={open} onClose={() => setOpen(false)} />
    </>
  );
}

/** The same to one earlier revision. */
export function RollBackTo({
  project,
  endpoint,
  deployment,
}: {
  project: string;
  endpoint: Endpoint;
  deployment: Deployment;
}) {
  const [open, setOpen] = useState(false);
  const possible = deployment.stage === 'active' && !deployment.live && endpoint.allowed_actions.includes('rollback');
  if (!possible || deployment.bundle === endpoint.current?.bundle) return null;
  return (
    <>
      <Button
        size="sm"
        variant="default"
        aria-label={`Roll back to revision ${deployment.number}`}
        onClick={() => setOpen(true)}
      >
        Roll back
      </Button>
      <RollBackSheet project={project} endpoint={endpoint} to={deployment} open={open} onClose={() => setOpen(false)} />
    </>
  );
}

interface SheetProps {
  project: string;
  endpoint: Endpoint;
  to?: Deployment;
  open: boolean;
  onClose: () => void;
}

function RollBackSheet({ project, endpoint, to, open, onClose }: SheetProps) {
  const queries = useQueryClient();
  const before = useQuery({
    ...getDeployment(project, endpoint.current?.previous ?? ''),
    enabled: open && !to && Boolean(endpoint.current?.previous),
  }).data;
  const back = useMutation({
    mutationFn: () => rollback(project, endpoint.name, to?.id),
    onSettled: () => queries.invalidateQueries({ queryKey: ['project', project] }),
  });
  const close = () => {
    back.reset();
    onClose();
  };
  const target = to ?? before;
  const words = target ? `${target.model} v${target.version}` : 'what was served before';
  const body = to ? { to: to.id } : {};
  const foot = back.data ? (
    <Button onClick={close}>Close</Button>
  ) : (
    <>
      <Button variant="subtle" onClick={close}>
        Cancel
      </Button>
      <Button color="carmine" onClick={() => back.mutate()} loading={back.isPending}>
        Roll back now
      </Button>
    </>
  );
  return (
    <Sheet
      open={open}
      onClose={close}
      title={`Roll back ${endpoint.address}`}
      note={`to ${words}; requests go on being answered`}
      foot={foot}
    >
      {back.data ? (
        <Following project={project} started={back.data} />
      ) : (
        <>
          <Panel title="What changes" flush>
            <PlanDiff
              rows={[
                {
                  sign: '~',
                  name: 'route',
                  text: `${endpoint.current?.model} v${endpoint.current?.version} 100 % → ${words} 100 %`,
                },
                { sign: '=', name: 'bundle', text: 'already loaded on the nodes' },
              ]}
            />
          </Panel>
          <CurlBlock
            request={{ method: 'POST', path: `/api/v1/projects/${project}/endpoints/${endpoint.name}/rollback`, body }}
          />
        </>
      )}
      <ActionError error={back.error ? asApiError(back.error) : null} />
    </Sheet>
  );
}

function Following({ project, started }: { project: string; started: Deployment }) {
  const found = useQuery({
    ...getDeployment(project, started.id),
    initialData: started,
    refetchInterval: (query) => (['active', 'failed'].includes(query.state.data?.stage ?? '') ? false : 200),
  });
  const { stage, version } = found.data;
  return (
    <>
      <div>
        {stage === 'active' ? (
          <StateBadge as="live">{`v${version} answers again`}</StateBadge>
        ) : (
          <StateBadge state={stage === 'failed' ? 'failed' : 'running'}>{stage}</StateBadge>
        )}
      </div>
      <DeploymentStages deployment={found.data} />
    </>
  );
}
