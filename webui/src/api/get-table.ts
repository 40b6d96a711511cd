import { queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';
import type { Table } from './types';

export const getTable = (project: string, name: string) =>
  queryOptions({
    queryKey: ['project', project, 'tables', name],
    queryFn: () =>
      answer<Table>(api.GET('/api/v1/projects/{project}/tables/{name}', { params: { path: { project, name } } })),
  });
