import { answer, api } from './client';
import type { Source } from './types';

export const ingestSource = (project: string, name: string) =>
  answer<Source>(api.POST('/api/v1/projects/{project}/sources/{name}/ingest', { params: { path: { project, name } } }));
