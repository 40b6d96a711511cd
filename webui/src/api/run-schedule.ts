import { answer, api } from './client';
import type { Fire } from './types';

export const runSchedule = (project: string, name: string) =>
  answer<Fire>(api.POST('/api/v1/projects/{project}/schedules/{name}/run', { params: { path: { project, name } } }));
