import { Link } from '@tanstack/react-router';
import type { FileInspection } from '@/api/types';
import { paths } from '@/lib/paths';
import { asApiError } from '@/lib/problem';
import { useParam } from '@/lib/route';
import { Button, Columns, ErrorState, Loading, Panel, Quiet, Stack } from '@/ui';
import { DeploymentStages } from '@/ui/DeploymentStages';
import { DEPLOYING, deployed } from './advance';
import { Progress } from './Progress';
import { useWay } from './useWay';

/** The run becomes a version, the version answers at an endpoint. */
export function DeployStep({ project, found }: { project: string; found: FileInspection }) {
  const { at, error, retry } = useWay(project, found, DEPLOYING, deployed);
  const slug = useParam('project');
  if (error) return <ErrorState error={asApiError(error)} what="The roll-out" retry={retry} />;
  if (!at) return <Loading />;
  const live = at.done >= DEPLOYING.length && at.deployment;
  return (
    <Columns>
      <Stack>
        <Progress project={project} title="Deploying" stages={DEPLOYING} at={at} />
        {at.deployment && <DeploymentStages deployment={at.deployment} />}
      </Stack>
      {live && (
        <Panel title="It answers">
          <p>
            <Quiet>
              The endpoint {slug}.{live.endpoint} takes one row, with the columns you chose, and answers within a few
              milliseconds. Its page has a form, and the same call for curl.
            </Quiet>
          </p>
          <Button component={Link} to={paths.endpoint(project, live.endpoint)}>
            Try it
          </Button>
        </Panel>
      )}
    </Columns>
  );
}
