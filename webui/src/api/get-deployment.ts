import { queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';
import type { Deployment } from './types';

export const getDeployment = (project: string, id: string) =>
  queryOptions({
    queryKey: ['project', project, 'deployments', id],
    queryFn: () =>
      answer<Deployment>(
        api.GET('/api/v1/projects/{project}/deployments/{deployment}', {
          params: { path: { project, deployment: id } },
        }),
      ),
  });
