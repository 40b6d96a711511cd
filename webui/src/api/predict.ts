import { answer, api } from './client';
import type { Prediction } from './types';

export const predict = (project: string, name: string, body: { records: Record<string, unknown>[]; as_of?: string }) =>
  answer<Prediction>(
    api.POST('/api/v1/projects/{project}/endpoints/{name}/predict', { params: { path: { project, name } }, body }),
  );
