import { answer, api } from './client';
import type { Upload } from './types';

/** Sends one file as it is; the digest names it from then on. */
export const upload = (project: string, file: File) =>
  answer<Upload>(
    api.POST('/api/v1/projects/{project}/uploads', {
      params: { path: { project }, query: { filename: file.name } },
      body: file as unknown as never,
      bodySerializer: (raw) => raw as unknown as Blob,
      headers: { 'Content-Type': 'application/octet-stream' },
    }),
  );
