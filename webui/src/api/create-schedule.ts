import { answer, api } from './client';
import type { Body, Schedule } from './types';

export const createSchedule = (project: string, body: Body<'ScheduleIn'>) =>
  answer<Schedule>(api.POST('/api/v1/projects/{project}/schedules', { params: { path: { project } }, body }));
