import { queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';
import type { Traffic } from './types';

export const getTraffic = (project: string, name: string, range: string) =>
  queryOptions({
    queryKey: ['project', project, 'endpoints', name, 'traffic', range],
    queryFn: () =>
      answer<Traffic>(
        api.GET('/api/v1/projects/{project}/endpoints/{name}/traffic', {
          params: { path: { project, name }, query: { range } },
        }),
      ),
  });
