import { answer, api } from './client';
import type { Body, TrainingRunDetail } from './types';

export const createTrainingRun = (project: string, body: Body<'TrainingRunIn'>) =>
  answer<TrainingRunDetail>(
    api.POST('/api/v1/projects/{project}/training-runs', { params: { path: { project } }, body }),
  );
