import { answer, api } from './client';
import type { Body, OnlineRead } from './types';

export const readFeatureView = (project: string, name: string, body: Body<'ReadIn'>) =>
  answer<OnlineRead>(
    api.POST('/api/v1/projects/{project}/feature-views/{name}/read', { params: { path: { project, name } }, body }),
  );
