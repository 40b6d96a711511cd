import { answer, api } from './client';
import type { Body, Deployment } from './types';

export const deploy = (project: string, name: string, body: Body<'DeploymentIn'>) =>
  answer<Deployment>(
    api.POST('/api/v1/projects/{project}/endpoints/{name}/deployments', { params: { path: { project, name } }, body }),
  );
