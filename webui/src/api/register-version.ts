import { answer, api } from './client';
import type { Body, Registration } from './types';

export const registerVersion = (project: string, name: string, body: Body<'RegisterIn'>) =>
  answer<Registration>(
    api.POST('/api/v1/projects/{project}/models/{model}/versions', {
      params: { path: { project, model: name } },
      body,
    }),
  );
