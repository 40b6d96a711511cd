import { queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';
import type { Quality } from './types';

export const getQuality = (project: string, name: string, range: string) =>
  queryOptions({
    queryKey: ['project', project, 'endpoints', name, 'quality', range],
    queryFn: () =>
      answer<Quality>(
        api.GET('/api/v1/projects/{project}/endpoints/{name}/quality', {
          params: { path: { project, name }, query: { range } },
        }),
      ),
  });
