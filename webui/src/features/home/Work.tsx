import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { listEndpoints } from '@/api/list-endpoints';
import { listJobs } from '@/api/list-jobs';
import type { Job } from '@/api/types';
import { between, words } from '@/lib/format';
import { paths } from '@/lib/paths';
import { share, spoken } from '@/lib/progress';
import { Ago, Button, DataTable, Meter, Mono, Panel, Quiet, StateBadge, StateGlyph } from '@/ui';
import classes from './HomePage.module.css';

/** Failed work, newest first: what somebody has to look at. */
export function Failed({ project, jobs }: { project: string; jobs: Job[] }) {
  if (jobs.length === 0) return null;
  return (
    <Panel title="Needs attention" note={String(jobs.length)} flush>
      {jobs.slice(0, 5).map((job) => (
        <div key={job.id} className={classes.item}>
          <StateGlyph state="failed" label="failed" />
          <div>
            <b>{words(job.kind)} failed</b>
            <p>{job.problem?.detail ?? job.failure_class}</p>
          </div>
          <Quiet>
            <Ago at={job.finished_at} />
          </Quiet>
          <Button component={Link} to={paths.job(project, job.id)} variant="default" size="sm">
            Open job
          </Button>
        </div>
      ))}
    </Panel>
  );
}

export function Running({ project, jobs }: { project: string; jobs: Job[] }) {
  return (
    <Panel
      title="Running"
      note={jobs.length ? `${jobs.length} running` : undefined}
      right={<Link to={paths.jobs(project)}>All jobs</Link>}
      flush
    >
      <DataTable
        label="Running jobs"
        rows={jobs}
        rowKey={(job) => job.id}
        empty="Nothing runs now."
        columns={[
          { id: 'kind', header: 'Work', cell: (job) => <Link to={paths.job(project, job.id)}>{words(job.kind)}</Link> },
          { id: 'step', header: 'Step', cell: (job) => <Quiet>{spoken(job.progress)}</Quiet> },
          {
            id: 'progress',
            header: 'Progress',
            width: '30%',
            cell: (job) => <Meter share={share(job.progress)} label={`Progress of ${job.kind}`} />,
          },
          { id: 'took', header: 'Elapsed', right: true, cell: (job) => between(job.started_at, null) },
          { id: 'queue', header: 'Queue', cell: (job) => job.queue },
        ]}
      />
    </Panel>
  );
}

/** The newest work, where nothing runs now. */
export function Latest({ project }: { project: string }) {
  const jobs = useQuery(listJobs(project));
  return (
    <Panel title="Latest work" note="nothing runs now" right={<Link to={paths.jobs(project)}>All jobs</Link>} flush>
      <DataTable
        label="Latest jobs"
        rows={(jobs.data?.results ?? []).slice(0, 6)}
        rowKey={(job) => job.id}
        empty="No job has run yet."
        columns={[
          { id: 'kind', header: 'Work', cell: (job) => <Link to={paths.job(project, job.id)}>{words(job.kind)}</Link> },
          { id: 'state', header: 'State', cell: (job) => <StateBadge state={job.state} /> },
          { id: 'said', header: 'Said last', cell: (job) => <Quiet>{spoken(job.progress)}</Quiet> },
          { id: 'took', header: 'Took', right: true, cell: (job) => between(job.started_at, job.finished_at) },
          { id: 'at', header: 'Created', right: true, cell: (job) => <Ago at={job.created_at} /> },
        ]}
      />
    </Panel>
  );
}

/** What answers now. */
export function Serving({ project }: { project: string }) {
  const endpoints = useQuery(listEndpoints(project));
  const rows = endpoints.data?.results ?? [];
  if (rows.length === 0) return null;
  return (
    <Panel title="Serving" note={`${rows.filter((one) => one.current).length} of ${rows.length}`} flush>
      <DataTable
        label="Endpoints"
        rows={rows}
        rowKey={(one) => one.id}
        columns={[
          {
            id: 'name',
            header: 'Endpoint',
            cell: (one) => <Link to={paths.endpoint(project, one.name)}>{one.address}</Link>,
          },
          { id: 'state', header: 'State', cell: (one) => <StateBadge state={one.current ? 'live' : 'empty'} /> },
          {
            id: 'serves',
            header: 'Serves',
            cell: (one) =>
              one.current && (
                <Link
                  to={paths.version(project, one.current.model, one.current.version)}
                >{`${one.current.model} v${one.current.version}`}</Link>
              ),
          },
          { id: 'url', header: 'Address', cell: (one) => <Mono>{one.url}</Mono> },
        ]}
      />
    </Panel>
  );
}
