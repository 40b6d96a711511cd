import { queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';
import type { TrainingRunDetail } from './types';

export const getTrainingRun = (project: string, id: string) =>
  queryOptions({
    queryKey: ['project', project, 'training-runs', id],
    queryFn: () =>
      answer<TrainingRunDetail>(
        api.GET('/api/v1/projects/{project}/training-runs/{run}', { params: { path: { project, run: id } } }),
      ),
  });
