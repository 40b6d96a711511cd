import { queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';
import type { Model, Page } from './types';

export const listModels = (project: string) =>
  queryOptions({
    queryKey: ['project', project, 'models'],
    queryFn: () =>
      answer<Page<Model>>(
        api.GET('/api/v1/projects/{project}/models', { params: { path: { project }, query: { limit: 200 } } }),
      ),
  });
