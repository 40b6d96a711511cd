import { answer, api } from './client';
import type { Body, Inspection } from './types';

export const inspectUpload = (project: string, digest: string, body: Body<'InspectionIn'>) =>
  answer<Inspection>(
    api.POST('/api/v1/projects/{project}/uploads/{digest}/inspections', {
      params: { path: { project, digest } },
      body,
    }),
  );
