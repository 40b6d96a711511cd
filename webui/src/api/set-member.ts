import { answer, api } from './client';
import type { Body, Member } from './types';

export const setMember = (project: string, user: string, role: Body<'MemberIn'>['role']) =>
  answer<Member>(
    api.PUT('/api/v1/projects/{project}/members/{user}', { params: { path: { project, user } }, body: { role } }),
  );
