import { queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';
import type { Job, Page } from './types';

export const listJobs = (project: string, filter: { state?: string; kind?: string; subject?: string } = {}) =>
  queryOptions({
    queryKey: ['project', project, 'jobs', filter],
    queryFn: () =>
      answer<Page<Job>>(api.GET('/api/v1/jobs', { params: { query: { project, ...filter, limit: 100 } } })),
  });
