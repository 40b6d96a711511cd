import type { Hit } from '@/api/types';
import { below, paths } from '@/lib/paths';

/** A place the palette can go to. */
export interface Place {
  kind: string;
  name: string;
  detail?: string;
  to: string;
}

/** The pages of a project whose name holds the text; all of them for an empty one. */
export function pages(project: string, text: string): Place[] {
  const all: [string, string][] = [
    ['Home', paths.home(project)],
    ['Use your own data', paths.ownData(project)],
    ['Sources', paths.sources(project)],
    ['Tables', paths.tables(project)],
    ['Feature catalogue', paths.features(project)],
    ['Runs', paths.runs(project)],
    ['Models', paths.models(project)],
    ['Schedules', paths.schedules(project)],
    ['Endpoints', paths.endpoints(project)],
    ['Jobs', paths.jobs(project)],
    ['All projects', paths.projects()],
    ['API reference', paths.reference()],
  ];
  const wanted = text.trim().toLowerCase();
  return all.filter(([name]) => name.toLowerCase().includes(wanted)).map(([name, to]) => ({ kind: 'page', name, to }));
}

/** What the API found, as places; a pasted job id is a place too. */
export function found(project: string, text: string, hits: Hit[]): Place[] {
  const wanted = text.trim();
  const job = /^job_[0-9a-z]{20,}$/.test(wanted) ? [{ kind: 'job', name: wanted, to: paths.job(project, wanted) }] : [];
  return [
    ...job,
    ...hits.map((hit) => ({
      kind: hit.kind.replaceAll('_', ' '),
      name: hit.name,
      detail: hit.detail,
      to: below(project, hit.path),
    })),
  ];
}
