import { queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';
import type { Fire, Page } from './types';

export const listFires = (project: string, name: string) =>
  queryOptions({
    queryKey: ['project', project, 'schedules', name, 'fires'],
    queryFn: () =>
      answer<Page<Fire>>(
        api.GET('/api/v1/projects/{project}/schedules/{name}/fires', { params: { path: { project, name } } }),
      ),
  });
