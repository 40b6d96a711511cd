import { answer, api } from './client';

export const removeMember = (project: string, user: string) =>
  answer<unknown>(api.DELETE('/api/v1/projects/{project}/members/{user}', { params: { path: { project, user } } }));
