import { Link } from '@tanstack/react-router';
import { useJobLog } from '@/api/job-logs';
import { paths } from '@/lib/paths';
import { LogTail, Stack } from '@/ui';

export function RunLog({ project, job, live }: { project: string; job: string; live: boolean }) {
  const log = useJobLog(job, live);
  return (
    <Stack>
      <LogTail
        text={log}
        live={live}
        empty={live ? 'The job has not written anything yet.' : 'The job wrote nothing.'}
      />
      <Link to={paths.job(project, job)}>Open the job</Link>
    </Stack>
  );
}
