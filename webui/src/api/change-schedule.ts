import { answer, api } from './client';
import type { Body, Schedule } from './types';

export const changeSchedule = (project: string, name: string, body: Body<'ScheduleChange'>) =>
  answer<Schedule>(
    api.PATCH('/api/v1/projects/{project}/schedules/{name}', { params: { path: { project, name } }, body }),
  );
