import { answer, api } from './client';
import type { Body, Model } from './types';

export const createModel = (project: string, body: Body<'ModelIn'>) =>
  answer<Model>(api.POST('/api/v1/projects/{project}/models', { params: { path: { project } }, body }));
