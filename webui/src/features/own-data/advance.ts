/**
 * What comes next on the way from a source to an endpoint. Every step finds its documents by name and makes what is
 * missing, so that it can be asked again at any time: after a reload, or from a second window.
 */
import type { QueryClient } from '@tanstack/react-query';
import { createEndpoint } from '@/api/create-endpoint';
import { createModel } from '@/api/create-model';
import { createTrainingRun } from '@/api/create-training-run';
import { createTrainingSet } from '@/api/create-training-set';
import { deploy } from '@/api/deploy';
import { getSource } from '@/api/get-source';
import { getTrainingRun } from '@/api/get-training-run';
import { listDeployments } from '@/api/list-deployments';
import { listEndpoints } from '@/api/list-endpoints';
import { listJobs } from '@/api/list-jobs';
import { listModelVersions } from '@/api/list-model-versions';
import { listModels } from '@/api/list-models';
import { listTrainingRuns } from '@/api/list-training-runs';
import { listTrainingSets } from '@/api/list-training-sets';
import { registerVersion } from '@/api/register-version';
import type { Deployment, Model, Page, Progress, TrainingRunDetail } from '@/api/types';
import { ApiError, type Problem } from '@/lib/problem';
import { type Task, trainingSetOf } from './compile';

export interface Way {
  project: string;
  source: string;
  target: string;
  task: Task;
  /** The name of service, training set, run, model and endpoint. */
  model: string;
}

/** Where the way stands: `done` stages are over, the next one is under way unless there is a problem. */
export interface Standing {
  done: number;
  job: string | null;
  progress: Progress | null;
  problem: Problem | null;
  run?: TrainingRunDetail;
  deployment?: Deployment;
}

/** A stage's name, and what happens in it. */
export type Stage = [name: string, meaning: string];
export const TRAINING: Stage[] = [
  ['Table', 'The whole file is read, every value typed'],
  ['Training set', 'Target and columns, split in three'],
  ['Baseline', 'Boosted trees, fitted and measured'],
];
export const DEPLOYING: Stage[] = [
  ['Version', 'The model is packaged and checked'],
  ['Roll-out', 'The serving node loads it and answers'],
];

/** Look at table, training set and run in turn; make the first that is missing. */
export async function train(queries: QueryClient, way: Way): Promise<Standing> {
  const { project, model } = way;
  const source = await queries.fetchQuery({ ...getSource(project, way.source), staleTime: 0 });
  if (source.state !== 'succeeded') return waiting(0, source);
  const set = await found(
    model,
    () => queries.fetchQuery({ ...listTrainingSets(project), staleTime: 0 }),
    () => createTrainingSet(project, { name: model, spec: trainingSetOf(way.source, source.spec, way.target, model) }),
  );
  if (set.state !== 'ready') return waiting(1, set);
  const spec = { training_set: model, trainer: 'lightgbm' as const, task: way.task };
  const run = await found(
    model,
    () => queries.fetchQuery({ ...listTrainingRuns(project), staleTime: 0 }),
    () => createTrainingRun(project, { name: model, spec }),
  );
  const detail = await queries.fetchQuery({ ...getTrainingRun(project, run.name), staleTime: 0 });
  return detail.state === 'succeeded' ? { ...waiting(3, detail), run: detail } : waiting(2, detail);
}

/** Look at version and deployment in turn; make the first that is missing. */
export async function deployed(queries: QueryClient, way: Way): Promise<Standing> {
  const { project, model: name } = way;
  const model = await found(
    name,
    () => queries.fetchQuery({ ...listModels(project), staleTime: 0 }),
    () => createModel(project, { name, spec: { task: way.task } }),
  );
  const versions = await queries.fetchQuery({ ...listModelVersions(project, name), staleTime: 0 });
  const version = versions.results[0];
  if (!version) return packaging(queries, way, model);
  const endpoint = await found(
    name,
    () => queries.fetchQuery({ ...listEndpoints(project), staleTime: 0 }),
    () => createEndpoint(project, { name, spec: { description: '' } }),
  );
  const made = await queries.fetchQuery({ ...listDeployments(project, endpoint.name), staleTime: 0 });
  const body = { model: name, version: version.version };
  const deployment = made.results[0] ?? (await deploy(project, endpoint.name, body));
  const failed = deployment.stage === 'failed';
  const problem = failed ? { code: deployment.code ?? 'failed', detail: deployment.reason ?? '' } : null;
  return { done: deployment.stage === 'active' ? 2 : 1, job: null, progress: null, problem, deployment };
}

/** The newest job that makes a version of the model, or a new one: a second one would make a second version. */
async function packaging(queries: QueryClient, way: Way, model: Model): Promise<Standing> {
  const filter = { kind: 'package', subject: model.id };
  const jobs = await queries.fetchQuery({ ...listJobs(way.project, filter), staleTime: 0 });
  const newest = jobs.results[0];
  if (newest) return waiting(0, { ...newest, job: newest.id });
  const { job } = await registerVersion(way.project, way.model, { training_run: way.model });
  return waiting(0, { job, problem: null });
}

function waiting(
  done: number,
  work: { job: string | null; progress?: unknown; problem: Problem | null; state?: string },
): Standing {
  const cancelled = work.state === 'cancelled' ? { code: 'cancelled', detail: 'The job was cancelled.' } : null;
  const progress = (work.progress ?? null) as Progress | null;
  return { done, job: work.job, progress, problem: ended(work.state) ? (work.problem ?? cancelled) : null };
}

const ended = (state: string | undefined) => state === 'failed' || state === 'cancelled';

/** The document of this name in a list, or a new one; where another window was quicker, the one that it made. */
async function found<Listed extends { name: string }, Made extends { name: string }>(
  name: string,
  list: () => Promise<Page<Listed>>,
  make: () => Promise<Made>,
): Promise<Listed | Made> {
  const named = async () => (await list()).results.find((one) => one.name === name);
  const there = await named();
  if (there) return there;
  try {
    return await make();
  } catch (error) {
    const quicker = error instanceof ApiError && error.status === 409 ? await named() : undefined;
    if (quicker) return quicker;
    throw error;
  }
}
