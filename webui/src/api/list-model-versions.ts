import { queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';
import type { ModelVersion, Page } from './types';

export const listModelVersions = (project: string, name: string) =>
  queryOptions({
    queryKey: ['project', project, 'models', name, 'versions'],
    queryFn: () =>
      answer<Page<ModelVersion>>(
        api.GET('/api/v1/projects/{project}/models/{model}/versions', {
          params: { path: { project, model: name }, query: { limit: 200 } },
        }),
      ),
  });
