import { queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';
import type { Page, VersionComparison } from './types';

export const listComparisons = (project: string, model: string, version: number) =>
  queryOptions({
    queryKey: ['project', project, 'models', model, 'versions', String(version), 'comparisons'],
    queryFn: () =>
      answer<Page<VersionComparison>>(
        api.GET('/api/v1/projects/{project}/models/{model}/versions/{version}/comparisons', {
          params: { path: { project, model, version: String(version) } },
        }),
      ),
  });
