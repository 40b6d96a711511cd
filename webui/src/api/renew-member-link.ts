import { answer, api } from './client';
import type { SignInLink } from './types';

export const renewMemberLink = (project: string, user: string) =>
  answer<SignInLink>(
    api.POST('/api/v1/projects/{project}/members/{user}/link', { params: { path: { project, user } } }),
  );
