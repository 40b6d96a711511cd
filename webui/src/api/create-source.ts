import { answer, api } from './client';
import type { Body, Source } from './types';

export const createSource = (project: string, body: Body<'SourceIn'>) =>
  answer<Source>(api.POST('/api/v1/projects/{project}/sources', { params: { path: { project } }, body }));
