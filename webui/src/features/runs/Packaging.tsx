import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect } from 'react';
import { getJob } from '@/api/get-job';
import { paths } from '@/lib/paths';
import { asApiError } from '@/lib/problem';
import { spoken } from '@/lib/progress';
import { ActionError, StateBadge } from '@/ui';

const FINAL = new Set(['succeeded', 'failed', 'cancelled']);

/** Follows the job that makes the bundle; `done` once it is a version. */
export function Packaging({ project, job, done }: { project: string; job: string; done: () => Promise<void> }) {
  const found = useQuery({
    ...getJob(project, job),
    refetchInterval: (query) => (FINAL.has(query.state.data?.state ?? '') ? false : 500),
  });
  const state = found.data?.state;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the job has succeeded
  useEffect(() => {
    if (state === 'succeeded') void done();
  }, [state]);
  if (found.error) return <ActionError error={asApiError(found.error)} />;
  if (!found.data) return null;
  return (
    <p role="status">
      <StateBadge state={found.data.state} />{' '}
      {found.data.problem ? found.data.problem.detail : spoken(found.data.progress)}{' '}
      {FINAL.has(found.data.state) && found.data.state !== 'succeeded' && (
        <Link to={paths.job(project, job)}>See its log</Link>
      )}
    </p>
  );
}
