import { Link } from '@tanstack/react-router';
import type { FileInspection, TrainingRunDetail } from '@/api/types';
import { brief } from '@/lib/format';
import { nameOf, ordered } from '@/lib/metrics';
import { paths } from '@/lib/paths';
import { asApiError } from '@/lib/problem';
import { useSearchWords } from '@/lib/route';
import { Allowed, Button, Columns, ErrorState, Facts, Loading, Panel, Quiet, Row, Stack } from '@/ui';
import { TRAINING, train } from './advance';
import { Progress } from './Progress';
import { useWay } from './useWay';

/** Table, training set and run, one after the other; then how good the baseline is. */
export function TrainStep({ project, found }: { project: string; found: FileInspection }) {
  const [, go] = useSearchWords();
  const { at, error, retry } = useWay(project, found, TRAINING, train);
  if (error) return <ErrorState error={asApiError(error)} what="The training" retry={retry} />;
  if (!at) return <Loading />;
  return (
    <Columns>
      <Progress project={project} title="Training" stages={TRAINING} at={at} />
      <Stack>
        {at.run && <Quality project={project} run={at.run} />}
        <Row>
          {at.run && (
            <Allowed project={project} action="deploy">
              <Button onClick={() => go({ deploy: 'yes' })}>Deploy</Button>
            </Allowed>
          )}
          <Button variant="subtle" onClick={() => go({ model: undefined })}>
            Back to the target
          </Button>
        </Row>
      </Stack>
    </Columns>
  );
}

function Quality({ project, run }: { project: string; run: TrainingRunDetail }) {
  const metrics = ordered(run.metrics.test).slice(0, 3);
  const gain = run.comparisons[0];
  return (
    <Panel title="How good it is" note="on rows that it has not seen">
      <Facts items={metrics.map(([name, metric]) => [nameOf(name), brief(metric.value)])} />
      <p>
        <Quiet>
          {gain ? `It is ${gain.verdict} than the mean alone. ` : ''}
          <Link to={paths.run(project, run.name)}>The report</Link> has the errors, the segments and what each column
          tells.
        </Quiet>
      </p>
    </Panel>
  );
}
