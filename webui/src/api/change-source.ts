import { answer, api } from './client';
import type { Body, SourceDetail } from './types';

export const changeSource = (project: string, name: string, body: Body<'SourceChange'>) =>
  answer<SourceDetail>(
    api.PATCH('/api/v1/projects/{project}/sources/{name}', { params: { path: { project, name } }, body }),
  );
