import { answer, api } from './client';

export const putAlias = (project: string, name: string, alias: string, version: number) =>
  answer<unknown>(
    api.PUT('/api/v1/projects/{project}/models/{model}/aliases/{alias}', {
      params: { path: { project, model: name, alias } },
      body: { version },
    }),
  );
