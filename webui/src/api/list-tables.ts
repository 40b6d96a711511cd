import { queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';
import type { Page, Table } from './types';

export const listTables = (project: string) =>
  queryOptions({
    queryKey: ['project', project, 'tables'],
    queryFn: () =>
      answer<Page<Table>>(
        api.GET('/api/v1/projects/{project}/tables', { params: { path: { project }, query: { limit: 200 } } }),
      ),
  });
