import { answer, api } from './client';
import type { FeatureView } from './types';

export const computeFeatureView = (project: string, name: string) =>
  answer<FeatureView>(
    api.POST('/api/v1/projects/{project}/feature-views/{name}/compute', { params: { path: { project, name } } }),
  );
