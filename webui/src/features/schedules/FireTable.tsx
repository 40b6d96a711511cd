import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { listFires } from '@/api/list-fires';
import type { Fire, Schedule } from '@/api/types';
import { words } from '@/lib/format';
import { paths } from '@/lib/paths';
import { asApiError } from '@/lib/problem';
import { DataTable, ErrorState, Loading, None, Panel, StateWord, type TableColumn } from '@/ui';
import { cause, fireWord, localTime, outcome } from './fires';
import classes from './schedules.module.css';

/** Every fire with its jobs and what it came to, newest first. */
export function FireTable({ project, schedule }: { project: string; schedule: Schedule }) {
  const fires = useQuery({
    ...listFires(project, schedule.name),
    refetchInterval: schedule.last_fire?.state === 'running' ? 2_000 : 10_000,
  });
  if (fires.error)
    return <ErrorState error={asApiError(fires.error)} what="The fires" retry={() => void fires.refetch()} />;
  if (!fires.data) return <Loading rows={4} />;
  return (
    <Panel title="Fires" note="each due time once; a late one stands for those before it" flush>
      <DataTable
        label="Fires"
        rows={fires.data.results}
        columns={columns(project, schedule.spec.timezone ?? 'UTC')}
        rowKey={(fire) => fire.id}
        empty="It has not fired yet."
      />
    </Panel>
  );
}

function columns(project: string, timezone: string): TableColumn<Fire>[] {
  return [
    { id: 'due', header: 'Due', cell: (fire) => <b>{localTime(fire.fire_time, timezone)}</b> },
    { id: 'cause', header: 'Fired', cell: (fire) => cause(fire) },
    { id: 'state', header: 'State', cell: (fire) => <State fire={fire} /> },
    { id: 'jobs', header: 'Jobs', cell: (fire) => <Jobs project={project} fire={fire} /> },
    {
      id: 'version',
      header: 'Challenger',
      cell: (fire) =>
        fire.version ? <Link to={paths.version(project, fire.model, fire.version)}>v{fire.version}</Link> : <None />,
    },
    { id: 'outcome', header: 'Same rows', cell: (fire) => outcome(fire) ?? <None /> },
  ];
}

function State({ fire }: { fire: Fire }) {
  const { as, text } = fireWord(fire);
  return (
    <span>
      <StateWord as={as}>{text}</StateWord>
      {fire.problem?.detail && <span className={classes.reason}>{fire.problem.detail}</span>}
    </span>
  );
}

function Jobs({ project, fire }: { project: string; fire: Fire }) {
  if (fire.jobs.length === 0) return <None />;
  return (
    <span className={classes.jobs}>
      {fire.jobs.map((entry) => (
        <Link key={entry.job} to={paths.job(project, entry.job)} title={entry.name}>
          {entry.step === 'features' ? entry.name : words(entry.step)}
        </Link>
      ))}
    </span>
  );
}
