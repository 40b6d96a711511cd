import { queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';
import type { Project } from './types';

export const getProject = (project: string) =>
  queryOptions({
    queryKey: ['project', project],
    queryFn: () => answer<Project>(api.GET('/api/v1/projects/{project}', { params: { path: { project } } })),
  });
