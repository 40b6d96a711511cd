import { queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';
import type { Report } from './types';

export const getReport = (project: string, id: string) =>
  queryOptions({
    queryKey: ['project', project, 'training-runs', id, 'report'],
    queryFn: () =>
      answer<Report>(
        api.GET('/api/v1/projects/{project}/training-runs/{run}/report', { params: { path: { project, run: id } } }),
      ),
    meta: { still: true },
    staleTime: 300_000,
  });
