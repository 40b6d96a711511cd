import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { changeSchedule } from '@/api/change-schedule';
import { getSchedule } from '@/api/get-schedule';
import { runSchedule } from '@/api/run-schedule';
import type { Schedule } from '@/api/types';
import { paths } from '@/lib/paths';
import { asApiError } from '@/lib/problem';
import { useParam } from '@/lib/route';
import {
  ActionError,
  Allowed,
  Button,
  Columns,
  ErrorState,
  Loading,
  Origin,
  PageHeader,
  Panel,
  Row,
  StateBadge,
} from '@/ui';
import { FireTable } from './FireTable';
import { switched } from './fires';
import { NextFires } from './NextFires';

export default function SchedulePage() {
  const project = useParam('project');
  const name = useParam('schedule');
  const schedule = useQuery({
    ...getSchedule(project, name),
    refetchInterval: (query) => (query.state.data?.last_fire?.state === 'running' ? 2_000 : 10_000),
  });
  if (schedule.error)
    return <ErrorState error={asApiError(schedule.error)} what="This schedule" retry={() => void schedule.refetch()} />;
  if (!schedule.data) return <Loading rows={8} />;
  return <ScheduleBody project={project} schedule={schedule.data} />;
}

function ScheduleBody({ project, schedule }: { project: string; schedule: Schedule }) {
  const { spec } = schedule;
  const on = schedule.next_fires.length > 0;
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Train' }, { label: 'Schedules', to: paths.schedules(project) }]}
        title={schedule.name}
        badges={on ? <StateBadge as="live">On</StateBadge> : <StateBadge as="retired">Off</StateBadge>}
        actions={<Actions project={project} schedule={schedule} on={on} />}
        provenance={
          <>
            <Origin name="When" mono>
              {spec.cron}
            </Origin>
            <Origin name="Time zone">{spec.timezone ?? 'UTC'}</Origin>
            <Origin name="Repeats" mono to={paths.run(project, spec.training_run)}>
              {spec.training_run}
            </Origin>
            <Origin name="Model" to={paths.model(project, spec.model)}>
              {spec.model}
            </Origin>
            <Origin name="Acts as">{schedule.owner ?? 'nobody: save it again'}</Origin>
          </>
        }
      />
      <Columns>
        <FireTable project={project} schedule={schedule} />
        <Panel title="Next fires" note={spec.timezone ?? 'UTC'}>
          <NextFires times={schedule.next_fires} timezone={spec.timezone ?? 'UTC'} />
        </Panel>
      </Columns>
    </>
  );
}

function Actions({ project, schedule, on }: { project: string; schedule: Schedule; on: boolean }) {
  const queries = useQueryClient();
  const onSettled = () => queries.invalidateQueries({ queryKey: ['project', project, 'schedules'] });
  const run = useMutation({ mutationFn: () => runSchedule(project, schedule.name), onSettled });
  const turn = useMutation({
    mutationFn: () => changeSchedule(project, schedule.name, { spec: switched(schedule) }),
    onSettled,
  });
  const error = run.error ?? turn.error;
  return (
    <>
      <ActionError error={error ? asApiError(error) : null} />
      <Allowed project={project} action="deploy">
        <Row>
          <Button variant="default" onClick={() => turn.mutate()} loading={turn.isPending}>
            {on ? 'Switch off' : 'Switch on'}
          </Button>
          <Button onClick={() => run.mutate()} loading={run.isPending}>
            Run now
          </Button>
        </Row>
      </Allowed>
    </>
  );
}
