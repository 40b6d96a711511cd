import { queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';
import type { TableProfile } from './types';

export const getTableProfile = (project: string, name: string, version: string) =>
  queryOptions({
    queryKey: ['project', project, 'tables', name, 'profile', version],
    queryFn: () =>
      answer<TableProfile>(
        api.GET('/api/v1/projects/{project}/tables/{name}/versions/{version}/profile', {
          params: { path: { project, name, version } },
        }),
      ),
    meta: { still: true },
    staleTime: 300_000,
  });
