import { type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query';
import { getSource } from '@/api/get-source';
import type { FileInspection } from '@/api/types';
import { useSearchWords } from '@/lib/route';
import type { Stage, Standing, Way } from './advance';
import { taskOf } from './compile';

const EVERY_MILLISECONDS = 700;

/** Goes on with the way that the address names, step by step, until it is done or cannot. */
export function useWay(
  project: string,
  found: FileInspection,
  stages: Stage[],
  advance: (queries: QueryClient, way: Way) => Promise<Standing>,
) {
  const [{ source = '', target = '', model = '' }] = useSearchWords();
  const queries = useQueryClient();
  const kept = useQuery(getSource(project, source));
  const column = kept.data?.spec.columns?.find((one) => one.name === target);
  const zeroOrOne = found.targets.some((guess) => guess.column === target && guess.task === 'binary');
  const task = column ? taskOf(column, zeroOrOne) : null;
  const over = (at: Standing | undefined) => at !== undefined && (at.done >= stages.length || at.problem !== null);
  const at = useQuery({
    // Outside the project's keys: its events would ask a second time while the first question makes something.
    queryKey: ['own-data', project, stages.length, { source, target, model }],
    queryFn: () => advance(queries, { project, source, target, task: task ?? 'binary', model }),
    enabled: task !== null,
    retry: false,
    refetchInterval: (query) => (over(query.state.data) || query.state.error ? false : EVERY_MILLISECONDS),
  });
  return { at: at.data, error: kept.error ?? at.error, retry: () => void at.refetch() };
}
