import { queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';
import type { Trainer } from './types';

/** The algorithms this platform has; they change with an upgrade only. */
export const listTrainers = () =>
  queryOptions({
    queryKey: ['trainers'],
    queryFn: () => answer<{ results: Trainer[] }>(api.GET('/api/v1/trainers')),
    staleTime: Number.POSITIVE_INFINITY,
  });
