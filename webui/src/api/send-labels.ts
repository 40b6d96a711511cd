import { answer, api } from './client';
import type { Body, LabelsKept } from './types';

export const sendLabels = (project: string, name: string, body: Body<'LabelsIn'>) =>
  answer<LabelsKept>(
    api.POST('/api/v1/projects/{project}/endpoints/{name}/labels', { params: { path: { project, name } }, body }),
  );
