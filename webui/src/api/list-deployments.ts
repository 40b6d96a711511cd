import { queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';
import type { Deployment, Page } from './types';

export const listDeployments = (project: string, name: string) =>
  queryOptions({
    queryKey: ['project', project, 'endpoints', name, 'deployments'],
    queryFn: () =>
      answer<Page<Deployment>>(
        api.GET('/api/v1/projects/{project}/endpoints/{name}/deployments', {
          params: { path: { project, name }, query: { limit: 50 } },
        }),
      ),
  });
