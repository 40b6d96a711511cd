import { queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';
import type { Overview } from './types';

export const getOverview = (project: string) =>
  queryOptions({
    queryKey: ['project', project, 'overview'],
    queryFn: () => answer<Overview>(api.GET('/api/v1/projects/{project}/overview', { params: { path: { project } } })),
  });
