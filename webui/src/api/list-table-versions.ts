import { queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';
import type { Page, TableVersion } from './types';

export const listTableVersions = (project: string, name: string) =>
  queryOptions({
    queryKey: ['project', project, 'tables', name, 'versions'],
    queryFn: () =>
      answer<Page<TableVersion>>(
        api.GET('/api/v1/projects/{project}/tables/{name}/versions', {
          params: { path: { project, name }, query: { limit: 100 } },
        }),
      ),
  });
