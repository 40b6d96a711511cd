import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { answer, api } from './client';
import type { LogChunk } from './types';

const PAUSE = 1_000;

/** The job's log from its beginning, read on from the last offset while the job runs. */
export function useJobLog(id: string | null | undefined, live: boolean): string {
  const [text, setText] = useState('');
  const offset = useRef(0);
  const shown = useRef<string | null>(null);
  const chunk = useQuery({
    queryKey: ['job-log', id],
    queryFn: () =>
      answer<LogChunk>(
        api.GET('/api/v1/jobs/{job}/logs', {
          params: { path: { job: id ?? '' }, query: { offset: String(offset.current) } },
        }),
      ),
    enabled: Boolean(id),
    refetchInterval: live ? PAUSE : false,
    gcTime: 0,
    staleTime: 0,
    meta: { still: true },
  });

  useEffect(() => {
    if (shown.current !== id) {
      shown.current = id ?? null;
      offset.current = 0;
      setText('');
    }
  }, [id]);

  useEffect(() => {
    const found = chunk.data;
    if (!found || found.next_offset <= offset.current) return;
    offset.current = found.next_offset;
    setText((now) => (now + found.text).slice(-400_000));
  }, [chunk.data]);
  return text;
}
