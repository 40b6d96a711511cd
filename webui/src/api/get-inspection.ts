import { queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';
import type { Inspection } from './types';

export const getInspection = (project: string, digest: string, inspection: string) =>
  queryOptions({
    queryKey: ['project', project, 'uploads', digest, 'inspections', inspection],
    queryFn: () =>
      answer<Inspection>(
        api.GET('/api/v1/projects/{project}/uploads/{digest}/inspections/{inspection}', {
          params: { path: { project, digest, inspection } },
        }),
      ),
  });
