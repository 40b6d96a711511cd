import { queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';
import type { FeatureService, Page } from './types';

export const listFeatureServices = (project: string) =>
  queryOptions({
    queryKey: ['project', project, 'feature-services'],
    queryFn: () =>
      answer<Page<FeatureService>>(
        api.GET('/api/v1/projects/{project}/feature-services', {
          params: { path: { project }, query: { limit: 200 } },
        }),
      ),
  });
