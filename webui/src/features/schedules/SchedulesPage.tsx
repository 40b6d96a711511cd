import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { listSchedules } from '@/api/list-schedules';
import type { Schedule } from '@/api/types';
import { paths } from '@/lib/paths';
import { asApiError } from '@/lib/problem';
import { useParam, useSearchWord } from '@/lib/route';
import {
  Allowed,
  Button,
  DataTable,
  EmptyState,
  ErrorState,
  Loading,
  Mono,
  None,
  PageHeader,
  Panel,
  StateWord,
  type TableColumn,
} from '@/ui';
import { fireWord, localTime } from './fires';
import { NewSchedule } from './NewSchedule';

export default function SchedulesPage() {
  const project = useParam('project');
  const schedules = useQuery({ ...listSchedules(project), refetchInterval: 10_000 });
  const [open, setOpen] = useSearchWord('new');
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Train' }, { label: 'Schedules' }]}
        title="Schedules"
        actions={
          <Allowed project={project} action="deploy">
            <Button onClick={() => setOpen('schedule')}>New schedule</Button>
          </Allowed>
        }
        provenance="A model is trained again by the clock, through the same pipeline; the result is a challenger, never the champion."
      />
      {schedules.error ? (
        <ErrorState
          error={asApiError(schedules.error)}
          what="The list of schedules"
          retry={() => void schedules.refetch()}
        />
      ) : !schedules.data ? (
        <Loading />
      ) : schedules.data.results.length === 0 ? (
        <EmptyState title="No schedule yet" phase={2} command="bottega apply -f schedule.yaml">
          Choose a run that went well and when to repeat it. Each time its data are brought up to date first.
        </EmptyState>
      ) : (
        <Panel title="All schedules" note={String(schedules.data.results.length)} flush>
          <DataTable
            label="Schedules"
            rows={schedules.data.results}
            columns={columns(project)}
            rowKey={(one) => one.id}
          />
        </Panel>
      )}
      <NewSchedule project={project} open={open === 'schedule'} onClose={() => setOpen(undefined)} />
    </>
  );
}

function columns(project: string): TableColumn<Schedule>[] {
  return [
    {
      id: 'name',
      header: 'Schedule',
      value: (one) => one.name,
      cell: (one) => <Link to={paths.schedule(project, one.name)}>{one.name}</Link>,
    },
    { id: 'cron', header: 'When', cell: (one) => <Mono>{one.spec.cron}</Mono> },
    { id: 'timezone', header: 'Time zone', cell: (one) => one.spec.timezone ?? 'UTC' },
    {
      id: 'model',
      header: 'Model',
      cell: (one) => <Link to={paths.model(project, one.spec.model)}>{one.spec.model}</Link>,
    },
    {
      id: 'next',
      header: 'Next fire',
      value: (one) => one.next_fires[0],
      cell: (one) =>
        one.next_fires[0] ? localTime(one.next_fires[0], one.spec.timezone ?? 'UTC') : <None>switched off</None>,
    },
    { id: 'last', header: 'Last fire', cell: (one) => <Last schedule={one} /> },
  ];
}

function Last({ schedule }: { schedule: Schedule }) {
  if (!schedule.last_fire) return <None>never</None>;
  const { as, text } = fireWord(schedule.last_fire);
  return <StateWord as={as}>{text}</StateWord>;
}
