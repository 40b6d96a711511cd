import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';
import type { Hit } from './types';

export const searchProject = (project: string, text: string) =>
  queryOptions({
    queryKey: ['project', project, 'search', text],
    queryFn: () =>
      answer<{ results: Hit[] }>(
        api.GET('/api/v1/projects/{project}/search', { params: { path: { project }, query: { q: text } } }),
      ),
    enabled: text.length > 0,
    placeholderData: keepPreviousData,
  });
