import { queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';
import type { Preview } from './types';

export const getTablePreview = (project: string, name: string) =>
  queryOptions({
    queryKey: ['project', project, 'tables', name, 'preview'],
    queryFn: () =>
      answer<Preview>(
        api.GET('/api/v1/projects/{project}/tables/{name}/preview', { params: { path: { project, name } } }),
      ),
    meta: { still: true },
    staleTime: 300_000,
  });
