import { answer, api } from './client';
import type { VersionComparison } from './types';

export const compareVersion = (project: string, model: string, version: number) =>
  answer<VersionComparison>(
    api.POST('/api/v1/projects/{project}/models/{model}/versions/{version}/comparisons', {
      params: { path: { project, model, version: String(version) } },
      body: {},
    }),
  );
