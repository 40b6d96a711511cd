import { answer, api } from './client';
import type { Deployment } from './types';

export const rollback = (project: string, name: string, to?: string) =>
  answer<Deployment>(
    api.POST('/api/v1/projects/{project}/endpoints/{name}/rollback', {
      params: { path: { project, name } },
      body: to ? { to } : {},
    }),
  );
