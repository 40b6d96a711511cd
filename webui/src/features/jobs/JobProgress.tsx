import type { Job } from '@/api/types';
import { share, spoken } from '@/lib/progress';
import { Meter, Quiet } from '@/ui';
import classes from './JobProgress.module.css';

export function JobProgress({ job }: { job: Job }) {
  if (job.state === 'failed') return <Quiet>{job.problem?.detail ?? job.failure_class}</Quiet>;
  if (job.state !== 'running') return <Quiet>{spoken(job.progress)}</Quiet>;
  return (
    <div className={classes.progress}>
      <Meter share={share(job.progress)} label={`Progress of ${job.kind}`} />
      <Quiet>{spoken(job.progress)}</Quiet>
    </div>
  );
}
