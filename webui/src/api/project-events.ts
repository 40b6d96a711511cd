import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

const REST = 1_000;

/** Follows the project's events; what is on the page is read again at most once a second. */
export function useProjectEvents(project: string, enabled: boolean): 'live' | 'late' | 'off' {
  const queries = useQueryClient();
  const [state, setState] = useState<'live' | 'late' | 'off'>('off');
  useEffect(() => {
    if (!enabled) return;
    const stream = new EventSource(`/api/v1/projects/${encodeURIComponent(project)}/events`);
    const refresh = calm(() => invalidate(queries, project));
    stream.onopen = () => setState('live');
    stream.onerror = () => setState('late');
    stream.onmessage = refresh.call;
    for (const type of TYPES) stream.addEventListener(type, refresh.call);
    return () => {
      refresh.stop();
      stream.close();
      setState('off');
    };
  }, [project, enabled, queries]);
  return state;
}

/** Named events arrive only where they are listened to by name. */
const TYPES = ['job.created', 'job.progress', 'job.state', 'resource.changed'];

function invalidate(queries: QueryClient, project: string): void {
  void queries.invalidateQueries({
    queryKey: ['project', project],
    refetchType: 'active',
    predicate: (query) => query.meta?.still !== true,
  });
}

/** At once, then not again before the rest is over. */
function calm(act: () => void): { call: () => void; stop: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = 0;
  const run = () => {
    timer = undefined;
    last = Date.now();
    act();
  };
  return {
    call: () => {
      timer ??= setTimeout(run, Math.max(0, last + REST - Date.now()));
    },
    stop: () => clearTimeout(timer),
  };
}
