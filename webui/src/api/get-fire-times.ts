import { queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';
import type { FireTimes } from './types';

export const getFireTimes = (project: string, cron: string, timezone: string) =>
  queryOptions({
    queryKey: ['project', project, 'fire-times', cron, timezone],
    queryFn: () =>
      answer<FireTimes>(
        api.GET('/api/v1/projects/{project}/fire-times', {
          params: { path: { project }, query: { cron, timezone } },
        }),
      ),
    retry: false,
  });
