import { queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';
import type { Endpoint, Page } from './types';

export const listEndpoints = (project: string) =>
  queryOptions({
    queryKey: ['project', project, 'endpoints'],
    queryFn: () =>
      answer<Page<Endpoint>>(
        api.GET('/api/v1/projects/{project}/endpoints', { params: { path: { project }, query: { limit: 200 } } }),
      ),
  });
