import { queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';
import type { JobDetail } from './types';

export const getJob = (project: string, id: string) =>
  queryOptions({
    queryKey: ['project', project, 'job', id],
    queryFn: () => answer<JobDetail>(api.GET('/api/v1/jobs/{job}', { params: { path: { job: id } } })),
  });
