import { queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';
import type { Page, TrainingRun } from './types';

export const listTrainingRuns = (project: string) =>
  queryOptions({
    queryKey: ['project', project, 'training-runs'],
    queryFn: () =>
      answer<Page<TrainingRun>>(
        api.GET('/api/v1/projects/{project}/training-runs', { params: { path: { project }, query: { limit: 200 } } }),
      ),
  });
