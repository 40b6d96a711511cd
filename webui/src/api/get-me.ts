import { queryOptions } from '@tanstack/react-query';
import { answer, api } from './client';
import type { Me } from './types';

/** Who reads. */
export const getMe = () =>
  queryOptions({
    queryKey: ['me'],
    queryFn: () => answer<Me>(api.GET('/api/v1/me')),
  });
