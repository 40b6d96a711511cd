import { queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';
import type { Page, Project } from './types';

export const listProjects = () =>
  queryOptions({
    queryKey: ['projects'],
    queryFn: () => answer<Page<Project>>(api.GET('/api/v1/projects', { params: { query: { limit: 200 } } })),
  });
