import { queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';
import type { FeatureView, Page } from './types';

export const listFeatureViews = (project: string) =>
  queryOptions({
    queryKey: ['project', project, 'feature-views'],
    queryFn: () =>
      answer<Page<FeatureView>>(
        api.GET('/api/v1/projects/{project}/feature-views', { params: { path: { project }, query: { limit: 200 } } }),
      ),
  });
