import { queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';
import type { ModelVersionDetail } from './types';

export const getModelVersion = (project: string, name: string, number: number | string) =>
  queryOptions({
    queryKey: ['project', project, 'models', name, 'versions', String(number)],
    queryFn: () =>
      answer<ModelVersionDetail>(
        api.GET('/api/v1/projects/{project}/models/{model}/versions/{version}', {
          params: { path: { project, model: name, version: String(number) } },
        }),
      ),
  });
