import { queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';
import type { FeatureView } from './types';

export const getFeatureView = (project: string, name: string) =>
  queryOptions({
    queryKey: ['project', project, 'feature-views', name],
    queryFn: () =>
      answer<FeatureView>(
        api.GET('/api/v1/projects/{project}/feature-views/{name}', { params: { path: { project, name } } }),
      ),
  });
