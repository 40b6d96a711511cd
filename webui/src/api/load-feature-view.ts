import { answer, api } from './client';
import type { OnlineLoad } from './types';

export const loadFeatureView = (project: string, name: string, asOf: string) =>
  answer<OnlineLoad>(
    api.POST('/api/v1/projects/{project}/feature-views/{name}/load', {
      params: { path: { project, name } },
      body: { as_of: asOf },
    }),
  );
