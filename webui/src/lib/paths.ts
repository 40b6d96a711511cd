/** Every address of the console, in one place. */
const part = encodeURIComponent;

export const paths = {
  projects: () => '/',
  signIn: () => '/signin',
  reference: () => '/reference',
  home: (project: string) => `/projects/${part(project)}`,
  ownData: (project: string) => `/projects/${part(project)}/own-data`,
  sources: (project: string) => `/projects/${part(project)}/sources`,
  tables: (project: string) => `/projects/${part(project)}/tables`,
  table: (project: string, table: string) => `/projects/${part(project)}/tables/${part(table)}`,
  features: (project: string) => `/projects/${part(project)}/features`,
  view: (project: string, view: string) => `/projects/${part(project)}/features/${part(view)}`,
  runs: (project: string) => `/projects/${part(project)}/runs`,
  run: (project: string, run: string) => `/projects/${part(project)}/runs/${part(run)}`,
  models: (project: string) => `/projects/${part(project)}/models`,
  model: (project: string, model: string) => `/projects/${part(project)}/models/${part(model)}`,
  version: (project: string, model: string, version: number | string) =>
    `/projects/${part(project)}/models/${part(model)}/versions/${part(String(version))}`,
  endpoints: (project: string) => `/projects/${part(project)}/endpoints`,
  endpoint: (project: string, endpoint: string) => `/projects/${part(project)}/endpoints/${part(endpoint)}`,
  schedules: (project: string) => `/projects/${part(project)}/schedules`,
  schedule: (project: string, schedule: string) => `/projects/${part(project)}/schedules/${part(schedule)}`,
  members: (project: string) => `/projects/${part(project)}/members`,
  jobs: (project: string) => `/projects/${part(project)}/jobs`,
  job: (project: string, job: string) => `/projects/${part(project)}/jobs/${part(job)}`,
};

const ALIAS: Record<string, string> = {
  data: 'sources',
  'feature-views': 'features',
  'training-sets': 'runs',
  'training-runs': 'runs',
};

/** A path the API gives below the project ("training-runs/x"), as this console's address. */
export function below(project: string, path: string): string {
  const [head = '', ...rest] = path.replace(/^\//, '').split('/');
  return [paths.home(project), ALIAS[head] ?? head, ...rest].filter(Boolean).join('/');
}
