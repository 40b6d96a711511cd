/**
 * The documents of the API, as pages use them: generated shapes, and where the description says no more than
 * "object" (specs, reports, measures), what stands in it.
 */
import type { Problem } from '@/lib/problem';
import type { components } from './schema';

type Schemas = components['schemas'];
/** What a request sends. */
export type Body<Name extends keyof Schemas> = Schemas[Name];
/** A generated shape with some fields told more exactly. */
type Exact<Shape, Fields> = Omit<Shape, keyof Fields> & Fields;

export interface Page<Item> {
  results: Item[];
  next: string | null;
  previous: string | null;
}

export type Me = Schemas['Me'];
export type Project = Exact<Schemas['ProjectOut'], { needed_roles: Record<string, string> }>;
export type Member = Schemas['MemberOut'];
export type SignInLink = Schemas['LinkOut'];
export type Invitation = Exact<Schemas['InvitationOut'], { link: SignInLink | null }>;
export type NextStep = Schemas['NextStep'];
export type PhaseOverview = Exact<
  Schemas['PhaseOverview'],
  { counts: Record<string, number>; next_step: NextStep | null }
>;
export type Hit = Schemas['Hit'];
export type Overview = Exact<Schemas['Overview'], { phases: PhaseOverview[]; next_step: NextStep | null }>;

export type Progress = Partial<Schemas['JobProgress']>;
export type Job = Exact<Schemas['JobOut'], { problem: Problem | null; progress: Progress | null }>;
export type JobDetail = Exact<
  Schemas['JobDetailOut'],
  { problem: Problem | null; progress: Progress | null; result: Record<string, unknown> | null }
>;
export type LogChunk = Schemas['LogOut'];

export type Column = Pick<Schemas['Column'], 'name' | 'type'>;
export type Dirt = Schemas['DirtOut'];
export interface Sample {
  code: string;
  detail: string;
  row?: number | null;
  column?: string | null;
  got?: string | null;
}
export type TableVersion = Exact<Schemas['VersionOut'], { columns: Column[]; samples: Sample[] }>;
export type Table = Exact<Schemas['TableOut'], { current: TableVersion | null }>;
export type Preview = Exact<Schemas['PreviewOut'], { columns: Column[]; rows: Record<string, unknown>[] }>;
export type Upload = Schemas['UploadOut'];
export type Source = Exact<
  Schemas['SourceOut'],
  { spec: { upload: string; keys?: string[]; event_time?: string | null }; problem: Problem | null }
>;

export type SourceSpec = Schemas['SourceSpec'];
export type SourceColumn = Schemas['Column'];
export type CsvFormat = Schemas['CsvFormat'];
export type SourceDetail = Exact<Schemas['SourceOut'], { spec: SourceSpec; problem: Problem | null }>;
export type ColumnGuess = Schemas['ColumnGuess'];
export type TargetGuess = Schemas['TargetGuess'];
export type InspectionNote = Schemas['Note'];
export type FileInspection = Schemas['FileInspection'];
export type Inspection = Exact<Schemas['InspectionOut'], { found: FileInspection | null; problem: Problem | null }>;

export interface ColumnProfile {
  name: string;
  type: string;
  null_share: number;
  nulls: number;
  distinct: number;
  min?: unknown;
  max?: unknown;
  mean?: number | null;
  histogram?: { edges: number[]; counts: number[] };
  top?: { value: string; count: number }[];
}
export interface TableProfile {
  rows: number;
  columns: ColumnProfile[];
  truncated: boolean;
}

export type Entity = Exact<Schemas['EntityOut'], { spec: { keys: Column[]; description?: string } }>;
export type OnlineLoad = Schemas['OnlineLoadOut'];
export interface ViewSpec {
  sql: string;
  sources: string[];
  entity?: string | null;
  event_time?: string | null;
  created_time?: string | null;
  aggregates?: { name: string; column: string; function: string; windows: string[] }[];
  hop?: string;
  ttl?: string | null;
  online?: boolean;
  description?: string;
}
export type FeatureView = Exact<
  Schemas['FeatureViewOut'],
  {
    spec: ViewSpec;
    keys: Column[];
    features: Column[];
    table: TableVersion | null;
    online_load: OnlineLoad | null;
    problem: Problem | null;
    profile: Partial<TableProfile>;
  }
>;
export type FeatureService = Exact<Schemas['FeatureServiceOut'], { spec: { views: string[] } }>;
export type OnlineRow = Exact<Schemas['ReadRow'], { values: Record<string, unknown> }>;
export type OnlineRead = Exact<Schemas['ReadOut'], { rows: OnlineRow[] }>;

export interface Metric {
  value: number;
  low?: number | null;
  high?: number | null;
}
export type Metrics = Record<string, Metric>;
export interface BySplit {
  valid?: Metrics;
  test?: Metrics;
}
export interface Comparison {
  name: string;
  trainer: string;
  metric: string;
  value: Metric;
  gain: Metric;
  verdict: 'better' | 'worse' | 'undecided';
}

export type TrainingSet = Schemas['TrainingSetOut'];
export type TrainingSetDetail = Exact<
  Schemas['TrainingSetDetail'],
  { progress: Progress | null; problem: Problem | null }
>;
export type TrainingRun = Exact<Schemas['TrainingRunOut'], { metrics: BySplit; progress: Progress | null }>;
export interface StudySpec {
  trials?: number;
  startup_trials?: number;
}
export type Study = Exact<Schemas['StudyOut'], { spec: StudySpec; counts: Record<string, number> }>;
export type TrainingRunDetail = Exact<
  Schemas['TrainingRunDetail'],
  {
    metrics: BySplit;
    progress: Progress | null;
    params: Record<string, unknown>;
    comparisons: Comparison[];
    study: Study | null;
    problem: Problem | null;
    environment: Record<string, string>;
    seconds: Record<string, number>;
  }
>;
export type Trial = Exact<Schemas['TrialOut'], { params: Record<string, unknown>; problem: Problem | null }>;

export type Model = Schemas['ModelOut'];
/** An algorithm; `space` is its ready search space, empty where there is nothing to tune. */
export interface Trainer {
  name: string;
  title: string;
  tasks: string[];
  description?: string;
  registrable?: boolean;
  space?: unknown[];
  /** Where it can run, when that is not the CPU alone. */
  devices?: string[];
  /** Set when it cannot run here: why, and the command that changes that. */
  unavailable?: { code: string; detail: string; install: string };
}
export type Registration = Schemas['RegistrationOut'];
export type ModelVersion = Exact<Schemas['ModelVersionOut'], { metrics: BySplit; measured: Record<string, number> }>;
/** Two versions on the same rows, the way they are served. */
export type VersionComparison = Exact<Schemas['ComparisonOut'], { problem: Problem | null }>;
export interface Signature {
  keys: Column[];
  request: Column[];
  event_time: string | null;
  inputs: { name: string; type: string; origin: string; view: string | null; categories?: string[] | null }[];
  output: string;
  sample: Record<string, unknown>;
}
export interface Stamps {
  code: string;
  training_set: string;
  training_run: string;
  data: Record<string, number>;
  environment: Record<string, string>;
  created_by: string;
  created_at: string;
}
export type ModelVersionDetail = Exact<
  Schemas['ModelVersionDetail'],
  {
    metrics: BySplit;
    measured: Record<string, number>;
    signature: Signature;
    files: { path: string; sha256: string; size: number }[];
    stamps: Stamps;
  }
>;

export type FireTimes = Schemas['FireTimes'];
export type Fire = Exact<Schemas['FireOut'], { problem: Problem | null }>;
export type Schedule = Exact<Schemas['ScheduleOut'], { last_fire: Fire | null }>;

export type Deployment = Exact<Schemas['DeploymentOut'], { seconds: Record<string, number> }>;
export type Endpoint = Exact<Schemas['EndpointOut'], { current: Deployment | null; target: Deployment | null }>;
export type TrafficMinute = Schemas['Minute'];
export type TrafficVersion = Schemas['VersionTraffic'];
export type Traffic = Schemas['Traffic'];
export type DayQuality = Schemas['DayQuality'];
export type VersionQuality = Schemas['VersionQuality'];
export type Quality = Schemas['Quality'];
export type LabelsKept = Schemas['LabelsOut'];

/** The serving node's answer, passed on as it is. */
export interface Prediction {
  request_id: string;
  model: string;
  version: number;
  arm: string;
  predictions: number[];
  degraded: string[];
  timings_ms: { decode: number; features: number; predict: number; total: number };
}

export interface Segment {
  column: string;
  segment: string;
  rows: number;
  metric: string;
  value: number;
  low: number;
  high: number;
  gap: number;
  label_mean: number;
  prediction_mean: number;
}
export interface FeatureStatistics {
  name: string;
  type: string;
  origin: string;
  view: string | null;
  categorical: boolean;
  null_share: number;
  mean?: number;
  histogram?: { edges: number[]; rows: number[] };
  top?: { value: string; rows: number }[];
}

/** The report of a run, as training wrote it. */
export interface Report {
  task: 'binary' | 'regression';
  threshold: number | null;
  metrics: { valid: Metrics; test: Metrics };
  rows: Record<string, number>;
  label_mean: Record<string, number>;
  segments: Segment[];
  roc?: [number, number][];
  precision_recall?: [number, number][];
  calibration?: { score: number; rate: number; rows: number }[];
  histogram?: { edges: number[]; all: number[]; positive?: number[]; negative?: number[] };
  residuals?: { edges: number[]; all: number[]; quantiles: number[] };
  trainer: string;
  comparisons: Comparison[];
  importances: { name: string; share: number | null; kind: string | null; permutation: number }[];
  features: FeatureStatistics[];
}
