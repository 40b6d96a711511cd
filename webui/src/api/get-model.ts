import { queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';
import type { Model } from './types';

export const getModel = (project: string, name: string) =>
  queryOptions({
    queryKey: ['project', project, 'models', name],
    queryFn: () =>
      answer<Model>(
        api.GET('/api/v1/projects/{project}/models/{model}', { params: { path: { project, model: name } } }),
      ),
  });
