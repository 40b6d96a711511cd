import { queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';
import type { Member, Page } from './types';

export const listMembers = (project: string) =>
  queryOptions({
    queryKey: ['project', project, 'members'],
    queryFn: () =>
      answer<Page<Member>>(
        api.GET('/api/v1/projects/{project}/members', { params: { path: { project }, query: { limit: 1000 } } }),
      ),
  });
