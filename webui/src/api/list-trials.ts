import { queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';
import type { Page, Trial } from './types';

export const listTrials = (project: string, id: string) =>
  queryOptions({
    queryKey: ['project', project, 'training-runs', id, 'trials'],
    queryFn: () =>
      answer<Page<Trial>>(
        api.GET('/api/v1/projects/{project}/training-runs/{run}/trials', {
          params: { path: { project, run: id }, query: { limit: 1000 } },
        }),
      ),
  });
