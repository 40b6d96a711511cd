import { queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';
import type { Endpoint } from './types';

export const getEndpoint = (project: string, name: string) =>
  queryOptions({
    queryKey: ['project', project, 'endpoints', name],
    queryFn: () =>
      answer<Endpoint>(api.GET('/api/v1/projects/{project}/endpoints/{name}', { params: { path: { project, name } } })),
  });
