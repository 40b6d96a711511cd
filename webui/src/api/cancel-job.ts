import { answer, api } from './client';
import type { Job } from './types';

export const cancelJob = (id: string) =>
  answer<Job>(api.POST('/api/v1/jobs/{job}/cancel', { params: { path: { job: id } } }));
