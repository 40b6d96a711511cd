import { answer, api } from './client';
import type { Body, Invitation } from './types';

export const inviteMember = (project: string, body: Body<'InvitationIn'>) =>
  answer<Invitation>(api.POST('/api/v1/projects/{project}/members', { params: { path: { project } }, body }));
