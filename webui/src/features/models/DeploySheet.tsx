import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { createEndpoint } from '@/api/create-endpoint';
import { deploy } from '@/api/deploy';
import { listEndpoints } from '@/api/list-endpoints';
import type { Endpoint, ModelVersionDetail } from '@/api/types';
import { paths } from '@/lib/paths';
import { asApiError } from '@/lib/problem';
import { useSearchWord } from '@/lib/route';
import { ActionError, Button, CurlBlock, Loading, Select, Sheet, TextInput } from '@/ui';
import { Plan } from './Plan';
import { RollOut } from './RollOut';

const NEW = '+ new endpoint';

interface Props {
  project: string;
  version: ModelVersionDetail;
  open: boolean;
  onClose: () => void;
}

/** The plan, its confirmation, and the staged roll-out. Closing it stops nothing. */
export function DeploySheet(props: Props) {
  const [deployment, setDeployment] = useSearchWord('deployment');
  const close = () => {
    props.onClose();
    setDeployment(undefined);
  };
  if (deployment) return <Progress {...props} onClose={close} deployment={deployment} />;
  return <Planning {...props} onStarted={setDeployment} />;
}

function Planning({ project, version, open, onClose, onStarted }: Props & { onStarted: (deployment: string) => void }) {
  const endpoints = useQuery({ ...listEndpoints(project), enabled: open });
  const [chosen, setChosen] = useState<string | null>(null);
  const [name, setName] = useState(version.model);
  const queries = useQueryClient();
  const known = endpoints.data?.results ?? [];
  const serving = known.find((one) => one.current?.model === version.model);
  const choice = chosen ?? serving?.name ?? NEW;
  const endpoint = known.find((one) => one.name === choice);
  const target = endpoint?.name ?? name;
  const body = { model: version.model, version: version.version };
  const start = useMutation({
    mutationFn: async () => {
      if (!endpoint) await createEndpoint(project, { name: target, spec: { description: '' } });
      return deploy(project, target, body);
    },
    onSuccess: (deployment) => {
      onStarted(deployment.id);
      void queries.invalidateQueries({ queryKey: ['project', project] });
    },
  });
  const error = start.error ? asApiError(start.error) : null;
  const foot = (
    <>
      <span>Golden rows are checked before any request is answered.</span>
      <Button variant="subtle" onClick={onClose}>
        Cancel
      </Button>
      <Button onClick={() => start.mutate()} loading={start.isPending} disabled={!target}>
        Start roll-out
      </Button>
    </>
  );
  return (
    <Sheet
      open={open}
      onClose={onClose}
      title={`Deploy ${version.model} v${version.version}`}
      note={note(endpoint)}
      foot={foot}
    >
      {!endpoints.data ? (
        <Loading />
      ) : (
        <>
          <Select
            label="Endpoint"
            data={[...known.map((one) => one.name), NEW]}
            value={choice}
            onChange={setChosen}
            allowDeselect={false}
          />
          {!endpoint && (
            <TextInput
              label="Name of the new endpoint"
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
              error={error?.at('/name')}
            />
          )}
          <Plan project={project} version={version} endpoint={endpoint} name={target} />
          <CurlBlock
            request={{ method: 'POST', path: `/api/v1/projects/${project}/endpoints/${target}/deployments`, body }}
          />
          <ActionError error={error} />
        </>
      )}
    </Sheet>
  );
}

function note(endpoint: Endpoint | undefined): string {
  if (!endpoint) return 'to a new endpoint';
  const current = endpoint.current;
  return current
    ? `to ${endpoint.address}, which serves ${current.model} v${current.version}`
    : `to ${endpoint.address}, which serves nothing yet`;
}

function Progress({ project, version, open, onClose, deployment }: Props & { deployment: string }) {
  const foot = (
    <>
      <span>You can close this. The roll-out goes on.</span>
      <Button variant="default" onClick={onClose}>
        Close
      </Button>
    </>
  );
  return (
    <Sheet open={open} onClose={onClose} title={`Deploy ${version.model} v${version.version}`} foot={foot}>
      <RollOut
        project={project}
        deployment={deployment}
        after={(endpoint) => (
          <Button component={Link} to={paths.endpoint(project, endpoint)}>
            Open endpoint
          </Button>
        )}
      />
    </Sheet>
  );
}
