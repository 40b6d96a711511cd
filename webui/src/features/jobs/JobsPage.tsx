import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { listJobs } from '@/api/list-jobs';
import type { Job } from '@/api/types';
import { between, words } from '@/lib/format';
import { paths } from '@/lib/paths';
import { asApiError } from '@/lib/problem';
import { useParam, useSearchWord } from '@/lib/route';
import {
  Ago,
  DataTable,
  EmptyState,
  ErrorState,
  Loading,
  Mono,
  PageHeader,
  Panel,
  Select,
  StateBadge,
  type TableColumn,
} from '@/ui';
import { JobProgress } from './JobProgress';

const STATES = ['queued', 'running', 'succeeded', 'failed', 'cancelled'];

export default function JobsPage() {
  const project = useParam('project');
  const [state, setState] = useSearchWord('state');
  const jobs = useQuery({ ...listJobs(project, { state }), refetchInterval: 5_000 });
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Jobs' }]}
        title="Jobs"
        provenance="Every piece of work the platform does for this project, newest first."
      />
      {jobs.error ? (
        <ErrorState error={asApiError(jobs.error)} what="The list of jobs" retry={() => void jobs.refetch()} />
      ) : !jobs.data ? (
        <Loading />
      ) : jobs.data.results.length === 0 && !state ? (
        <EmptyState title="No job yet" phase={0} action={{ label: 'Open sources', to: paths.sources(project) }}>
          Ingesting a source, computing a view or training a model starts one.
        </EmptyState>
      ) : (
        <Panel
          title={state ? `${words(state)} jobs` : 'All jobs'}
          note={`${jobs.data.results.length}${jobs.data.next ? ' newest' : ''}`}
          right={
            <Select
              aria-label="State"
              size="xs"
              placeholder="any state"
              clearable
              data={STATES}
              value={state ?? null}
              onChange={(value) => setState(value ?? undefined)}
            />
          }
          flush
        >
          <DataTable
            label="Jobs"
            rows={jobs.data.results}
            columns={columns(project)}
            rowKey={(job) => job.id}
            empty={`No ${state} job.`}
          />
        </Panel>
      )}
    </>
  );
}

function columns(project: string): TableColumn<Job>[] {
  return [
    {
      id: 'kind',
      header: 'Work',
      value: (job) => job.kind,
      cell: (job) => <Link to={paths.job(project, job.id)}>{words(job.kind)}</Link>,
    },
    { id: 'state', header: 'State', value: (job) => job.state, cell: (job) => <StateBadge state={job.state} /> },
    { id: 'progress', header: 'Progress', width: '28%', cell: (job) => <JobProgress job={job} /> },
    { id: 'subject', header: 'Works for', cell: (job) => <Mono>{job.subject}</Mono> },
    { id: 'queue', header: 'Queue', value: (job) => job.queue, cell: (job) => job.queue },
    {
      id: 'attempt',
      header: 'Attempt',
      right: true,
      value: (job) => job.attempt,
      cell: (job) => `${job.attempt} of ${job.max_attempts}`,
    },
    { id: 'took', header: 'Took', right: true, cell: (job) => between(job.started_at, job.finished_at) },
    {
      id: 'created',
      header: 'Created',
      right: true,
      value: (job) => job.created_at,
      cell: (job) => <Ago at={job.created_at} />,
    },
  ];
}
