import { answer, api } from './client';
import type { Body, TrainingSetDetail } from './types';

export const createTrainingSet = (project: string, body: Body<'TrainingSetIn'>) =>
  answer<TrainingSetDetail>(
    api.POST('/api/v1/projects/{project}/training-sets', { params: { path: { project } }, body }),
  );
