import { queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';
import type { Schedule } from './types';

export const getSchedule = (project: string, name: string) =>
  queryOptions({
    queryKey: ['project', project, 'schedules', name],
    queryFn: () =>
      answer<Schedule>(api.GET('/api/v1/projects/{project}/schedules/{name}', { params: { path: { project, name } } })),
  });
