import { queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';
import type { Page, Source } from './types';

export const listSources = (project: string) =>
  queryOptions({
    queryKey: ['project', project, 'sources'],
    queryFn: () =>
      answer<Page<Source>>(
        api.GET('/api/v1/projects/{project}/sources', { params: { path: { project }, query: { limit: 200 } } }),
      ),
  });
