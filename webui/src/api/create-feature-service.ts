import { answer, api } from './client';
import type { Body, FeatureService } from './types';

export const createFeatureService = (project: string, body: Body<'FeatureServiceIn'>) =>
  answer<FeatureService>(
    api.POST('/api/v1/projects/{project}/feature-services', { params: { path: { project } }, body }),
  );
