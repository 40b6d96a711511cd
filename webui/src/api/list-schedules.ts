import { queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';
import type { Page, Schedule } from './types';

export const listSchedules = (project: string) =>
  queryOptions({
    queryKey: ['project', project, 'schedules'],
    queryFn: () =>
      answer<Page<Schedule>>(api.GET('/api/v1/projects/{project}/schedules', { params: { path: { project } } })),
  });
