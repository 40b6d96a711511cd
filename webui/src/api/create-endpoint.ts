import { answer, api } from './client';
import type { Body, Endpoint } from './types';

export const createEndpoint = (project: string, body: Body<'EndpointIn'>) =>
  answer<Endpoint>(api.POST('/api/v1/projects/{project}/endpoints', { params: { path: { project } }, body }));
