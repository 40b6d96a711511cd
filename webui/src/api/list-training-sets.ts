import { queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';
import type { Page, TrainingSet } from './types';

export const listTrainingSets = (project: string) =>
  queryOptions({
    queryKey: ['project', project, 'training-sets'],
    queryFn: () =>
      answer<Page<TrainingSet>>(
        api.GET('/api/v1/projects/{project}/training-sets', { params: { path: { project }, query: { limit: 200 } } }),
      ),
  });
