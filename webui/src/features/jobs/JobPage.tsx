import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { cancelJob } from '@/api/cancel-job';
import { getJob } from '@/api/get-job';
import { useJobLog } from '@/api/job-logs';
import type { JobDetail } from '@/api/types';
import { between, words } from '@/lib/format';
import { paths } from '@/lib/paths';
import { asApiError } from '@/lib/problem';
import { useParam } from '@/lib/route';
import {
  ActionError,
  Ago,
  Allowed,
  Button,
  Code,
  Columns,
  CopyAs,
  ErrorState,
  Facts,
  Loading,
  LogTail,
  Mono,
  Origin,
  PageHeader,
  Panel,
  Stack,
  StateBadge,
} from '@/ui';
import { JobProgress } from './JobProgress';

const LIVE = new Set(['queued', 'running']);

export default function JobPage() {
  const project = useParam('project');
  const id = useParam('job');
  const job = useQuery({
    ...getJob(project, id),
    refetchInterval: (query) => (LIVE.has(query.state.data?.state ?? '') ? 2_000 : false),
  });
  if (job.error) return <ErrorState error={asApiError(job.error)} what="This job" retry={() => void job.refetch()} />;
  if (!job.data) return <Loading />;
  return <JobBody project={project} job={job.data} />;
}

function JobBody({ project, job }: { project: string; job: JobDetail }) {
  const live = LIVE.has(job.state);
  const log = useJobLog(job.id, live);
  const queries = useQueryClient();
  const cancel = useMutation({
    mutationFn: () => cancelJob(job.id),
    onSettled: () => queries.invalidateQueries({ queryKey: ['project', project] }),
  });
  const path = `/api/v1/jobs/${job.id}/cancel`;
  const actions = live && (
    <>
      <CopyAs request={{ method: 'POST', path }} />
      <Allowed project={project} action="edit">
        <Button variant="outline" color="carmine" onClick={() => cancel.mutate()} loading={cancel.isPending}>
          Cancel job
        </Button>
      </Allowed>
    </>
  );
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Jobs', to: paths.jobs(project) }]}
        title={words(job.kind)}
        badges={<StateBadge state={job.state} />}
        actions={actions}
        provenance={
          <>
            <Origin mono>{job.id}</Origin>
            <Origin name="For" mono>
              {job.subject}
            </Origin>
            <Origin name="Queue">{job.queue}</Origin>
            <Origin name="Created">
              <Ago at={job.created_at} />
            </Origin>
          </>
        }
      />
      <ActionError error={cancel.error ? asApiError(cancel.error) : null} />
      <Columns>
        <Stack>
          {job.problem && <Failure job={job} />}
          <LogTail
            text={log}
            live={live}
            empty={job.started_at ? 'The job wrote nothing.' : 'The job has not started.'}
          />
          {job.result && Object.keys(job.result).length > 0 && (
            <Panel title="Result" note="what the child handed back">
              <Code label="Result">{JSON.stringify(job.result, null, 2)}</Code>
            </Panel>
          )}
        </Stack>
        <Panel title="Facts">
          {live && <JobProgress job={job} />}
          <Facts
            items={[
              ['Attempt', `${job.attempt} of ${job.max_attempts}`],
              ['Started', <Ago key="started" at={job.started_at} />],
              ['Finished', <Ago key="finished" at={job.finished_at} />],
              ['Took', between(job.started_at, job.finished_at)],
              ['Failure class', job.failure_class ?? 'none'],
            ]}
          />
        </Panel>
      </Columns>
    </>
  );
}

function Failure({ job }: { job: JobDetail }) {
  const problem = job.problem;
  if (!problem) return null;
  return (
    <Panel title={problem.title ?? 'The job failed'} note={problem.code}>
      <p>{problem.detail}</p>
      {(problem.errors ?? []).length > 0 && (
        <ul>
          {problem.errors?.map((fault, place) => (
            <li key={place}>
              {fault.pointer && <Mono>{fault.pointer}</Mono>} {fault.detail}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
