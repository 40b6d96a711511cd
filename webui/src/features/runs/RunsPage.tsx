import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { listTrainingRuns } from '@/api/list-training-runs';
import type { TrainingRun } from '@/api/types';
import { brief, words } from '@/lib/format';
import { bestOf, leading, nameOf } from '@/lib/metrics';
import { paths } from '@/lib/paths';
import { asApiError } from '@/lib/problem';
import { share, spoken } from '@/lib/progress';
import { useParam } from '@/lib/route';
import {
  Ago,
  Allowed,
  Button,
  DataTable,
  EmptyState,
  ErrorState,
  IntervalCell,
  Loading,
  Meter,
  None,
  PageHeader,
  Panel,
  Quiet,
  StateBadge,
  type TableColumn,
} from '@/ui';
import { NewRun } from './NewRun';

export default function RunsPage() {
  const project = useParam('project');
  const runs = useQuery({ ...listTrainingRuns(project), refetchInterval: 10_000 });
  const [starting, setStarting] = useState(false);
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Train' }, { label: 'Runs' }]}
        title="Runs"
        actions={
          <Allowed project={project} action="edit">
            <Button onClick={() => setStarting(true)}>Train a model</Button>
          </Allowed>
        }
        provenance="One fit, or a study of many and the refit of its best point. Results never change."
      />
      {runs.error ? (
        <ErrorState error={asApiError(runs.error)} what="The list of runs" retry={() => void runs.refetch()} />
      ) : !runs.data ? (
        <Loading />
      ) : runs.data.results.length === 0 ? (
        <EmptyState title="No run yet" phase={2}>
          A run fits a model to a training set and measures it on rows it has never seen.
        </EmptyState>
      ) : (
        <RunList project={project} runs={runs.data.results} />
      )}
      <NewRun project={project} open={starting} onClose={() => setStarting(false)} />
    </>
  );
}

function RunList({ project, runs }: { project: string; runs: TrainingRun[] }) {
  const best = bestOf(runs);
  const found = best.map((one) => `${nameOf(one.metric)} ${brief(one.value)}`).join(', ');
  const title = found ? `Best hold-out ${found}` : 'No run has finished';
  return (
    <Panel
      title={title}
      note={best.map((one) => one.run).join(', ') || undefined}
      right={<Quiet>95 % intervals on the same hold-out</Quiet>}
      flush
    >
      <DataTable label="Runs" rows={runs} columns={columns(project, runs)} rowKey={(run) => run.id} />
    </Panel>
  );
}

function columns(project: string, runs: TrainingRun[]): TableColumn<TrainingRun>[] {
  const scales = scalesOf(runs);
  return [
    {
      id: 'name',
      header: 'Run',
      value: (run) => run.name,
      cell: (run) => <Link to={paths.run(project, run.name)}>{run.name}</Link>,
    },
    { id: 'state', header: 'State', value: (run) => run.state, cell: (run) => <StateBadge state={run.state} /> },
    {
      id: 'trainer',
      header: 'Trainer',
      value: (run) => run.trainer,
      cell: (run) => `${words(run.trainer)}${run.tuned ? ', tuned' : ''}`,
    },
    { id: 'set', header: 'Training set', value: (run) => run.training_set.name, cell: (run) => run.training_set.name },
    {
      id: 'interval',
      header: 'Hold-out, 95 % interval',
      width: 240,
      cell: (run) => <Interval run={run} scales={scales} />,
    },
    {
      id: 'value',
      header: 'Value',
      right: true,
      value: (run) => leading(run.metrics?.test)?.value,
      cell: (run) => <Value run={run} />,
    },
    { id: 'by', header: 'By', cell: (run) => run.created_by ?? <None /> },
    {
      id: 'at',
      header: 'Created',
      right: true,
      value: (run) => run.created_at,
      cell: (run) => <Ago at={run.created_at} />,
    },
  ];
}

type Scales = Map<string, { from: number; to: number }>;

/** One scale for each leading metric, over the intervals of all runs that have it. */
function scalesOf(runs: TrainingRun[]): Scales {
  const scales: Scales = new Map();
  for (const run of runs) {
    const lead = leading(run.metrics?.test);
    if (!lead) continue;
    const { from, to } = scales.get(lead.metric) ?? { from: Infinity, to: -Infinity };
    scales.set(lead.metric, {
      from: Math.min(from, lead.low ?? lead.value),
      to: Math.max(to, lead.high ?? lead.value),
    });
  }
  return scales;
}

function Interval({ run, scales }: { run: TrainingRun; scales: Scales }) {
  if (run.state === 'running') return <RunProgress run={run} />;
  const lead = leading(run.metrics?.test);
  const scale = lead && scales.get(lead.metric);
  if (!scale) return <None />;
  const role = run.trainer === 'historical_mean' ? 'baseline' : 'champion';
  return (
    <IntervalCell
      marks={[{ role, ...lead }]}
      from={scale.from}
      to={scale.to}
      label={`${nameOf(lead.metric)} of ${run.name}: ${brief(lead.value)}`}
    />
  );
}

function RunProgress({ run }: { run: TrainingRun }) {
  return (
    <div>
      <Meter share={share(run.progress)} label={`Progress of ${run.name}`} />
      <Quiet>{spoken(run.progress)}</Quiet>
    </div>
  );
}

function Value({ run }: { run: TrainingRun }) {
  const lead = leading(run.metrics?.test);
  return lead ? (
    <>
      {nameOf(lead.metric)} <b>{brief(lead.value)}</b>
    </>
  ) : (
    <None />
  );
}
