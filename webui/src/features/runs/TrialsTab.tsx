import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { listTrials } from '@/api/list-trials';
import type { Study, Trial } from '@/api/types';
import { between, brief } from '@/lib/format';
import { nameOf } from '@/lib/metrics';
import { paths } from '@/lib/paths';
import { asApiError } from '@/lib/problem';
import { DataTable, ErrorState, Loading, Panel, Spark, StateBadge, type TableColumn } from '@/ui';
import { lastValue } from './trials';

export function TrialsTab({
  project,
  run,
  study,
  live,
}: {
  project: string;
  run: string;
  study: Study;
  live: boolean;
}) {
  const trials = useQuery({ ...listTrials(project, run), refetchInterval: live ? 2_000 : false });
  if (trials.error) return <ErrorState error={asApiError(trials.error)} what="The trials" />;
  if (!trials.data) return <Loading rows={10} />;
  const rows = trials.data.results;
  return (
    <Panel title={`${rows.length} trials`} note={`${study.direction} validation ${nameOf(study.metric)}`} flush>
      <DataTable
        label="Trials"
        compact
        rows={rows}
        columns={columns(project, rows, study)}
        rowKey={(trial) => String(trial.number)}
        selected={String(study.best_number)}
      />
    </Panel>
  );
}

function columns(project: string, rows: Trial[], study: Study): TableColumn<Trial>[] {
  const names = [...new Set(rows.flatMap((trial) => Object.keys(trial.params)))];
  return [
    {
      id: 'number',
      header: 'Trial',
      value: (trial) => trial.number,
      cell: (trial) => <Link to={paths.job(project, trial.job)}>{trial.number}</Link>,
    },
    {
      id: 'state',
      header: 'State',
      value: (trial) => trial.state,
      cell: (trial) => <StateBadge state={trial.state} />,
    },
    {
      id: 'value',
      header: nameOf(study.metric),
      right: true,
      value: lastValue,
      cell: (trial) => brief(lastValue(trial)),
    },
    {
      id: 'curve',
      header: 'Curve',
      width: 90,
      cell: (trial) => <Spark values={trial.reports.map((report) => report[1] ?? 0)} height={18} />,
    },
    ...names.map((name) => ({
      id: `param-${name}`,
      header: name,
      right: true,
      value: (trial: Trial) => trial.params[name] as number | string | undefined,
      cell: (trial: Trial) => brief(trial.params[name]),
    })),
    { id: 'took', header: 'Took', right: true, cell: (trial) => between(trial.created_at, trial.finished_at) },
  ];
}
