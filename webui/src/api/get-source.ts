import { queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';
import type { SourceDetail } from './types';

export const getSource = (project: string, name: string) =>
  queryOptions({
    queryKey: ['project', project, 'sources', name],
    queryFn: () =>
      answer<SourceDetail>(
        api.GET('/api/v1/projects/{project}/sources/{name}', { params: { path: { project, name } } }),
      ),
  });
