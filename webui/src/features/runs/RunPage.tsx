import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { cancelJob } from '@/api/cancel-job';
import { getTrainingRun } from '@/api/get-training-run';
import type { TrainingRunDetail } from '@/api/types';
import { duration, words } from '@/lib/format';
import { paths } from '@/lib/paths';
import { asApiError } from '@/lib/problem';
import { useParam, useSearchWord } from '@/lib/route';
import {
  ActionError,
  Ago,
  Allowed,
  Button,
  Code,
  CopyAs,
  ErrorState,
  Loading,
  Origin,
  PageHeader,
  PageTabs,
  Panel,
  Stack,
  StateBadge,
  Tag,
  useRefusal,
} from '@/ui';
import { ReportView } from '@/ui/report/ReportView';
import { Overview } from './Overview';
import { Register } from './Register';
import { RunLog } from './RunLog';
import { TrialsTab } from './TrialsTab';

const LIVE = new Set(['queued', 'running']);

export default function RunPage() {
  const project = useParam('project');
  const name = useParam('run');
  const run = useQuery({
    ...getTrainingRun(project, name),
    refetchInterval: (query) => (LIVE.has(query.state.data?.state ?? '') ? 2_000 : false),
  });
  if (run.error) return <ErrorState error={asApiError(run.error)} what="This run" retry={() => void run.refetch()} />;
  if (!run.data) return <Loading rows={10} />;
  return <RunBody project={project} run={run.data} />;
}

function RunBody({ project, run }: { project: string; run: TrainingRunDetail }) {
  const [chosen, setTab] = useSearchWord('tab');
  const first = run.study || !run.has_report ? 'overview' : 'report';
  const tab = chosen ?? first;
  const tabs: [string, string, number?][] = [['overview', 'Overview']];
  if (run.has_report) tabs.push(['report', 'Report']);
  if (run.study)
    tabs.push(['trials', 'Trials', Object.values(run.study.counts).reduce((sum, count) => sum + count, 0)]);
  tabs.push(['log', 'Log'], ['spec', 'Spec']);
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Train' }, { label: 'Runs', to: paths.runs(project) }]}
        title={run.name}
        badges={
          <>
            <StateBadge state={run.state} />
            {run.study && <Tag>Study</Tag>}
          </>
        }
        actions={<Actions project={project} run={run} />}
        provenance={<Provenance project={project} run={run} />}
        tabs={<PageTabs value={tab} onChange={setTab} tabs={tabs} />}
      />
      {tab === 'overview' && <Overview project={project} run={run} />}
      {tab === 'report' && run.has_report && <ReportView project={project} run={run.name} />}
      {tab === 'trials' && run.study && (
        <TrialsTab project={project} run={run.name} study={run.study} live={LIVE.has(run.state)} />
      )}
      {tab === 'log' && <RunLog project={project} job={run.job} live={LIVE.has(run.state)} />}
      {tab === 'spec' && <Spec run={run} />}
    </>
  );
}

function Provenance({ project, run }: { project: string; run: TrainingRunDetail }) {
  const took = Object.values(run.seconds ?? {}).reduce((sum, seconds) => sum + seconds, 0);
  return (
    <>
      <Origin>{words(run.trainer)}</Origin>
      <Origin name="Training set" mono>
        {run.training_set.name}
      </Origin>
      {run.device && (
        <Origin name="Device">
          {run.device.name}
          {run.device.note && ` (asked for: ${run.device.asked})`}
        </Origin>
      )}
      {run.code && (
        <Origin name="Code" mono>
          {run.code.slice(0, 12)}
        </Origin>
      )}
      <Origin name="Job" mono to={paths.job(project, run.job)}>
        {run.job.slice(-8)}
      </Origin>
      <Origin name="Started">
        <Ago at={run.created_at} />
        {run.created_by ? ` by ${run.created_by}` : ''}
      </Origin>
      {took > 0 && <Origin name="Fitted and measured in">{duration(took)}</Origin>}
    </>
  );
}

function Actions({ project, run }: { project: string; run: TrainingRunDetail }) {
  const queries = useQueryClient();
  const refused = useRefusal(project, 'edit') !== undefined;
  const live = run.state === 'queued' || run.state === 'running';
  const cancel = useMutation({
    mutationFn: () => cancelJob(run.job),
    onSettled: () => queries.invalidateQueries({ queryKey: ['project', project] }),
  });
  return (
    <>
      <ActionError error={cancel.error ? asApiError(cancel.error) : null} />
      {live && (
        <Allowed project={project} action="edit">
          <CopyAs request={{ method: 'POST', path: `/api/v1/jobs/${run.job}/cancel` }} />
          <Button variant="outline" color="carmine" onClick={() => cancel.mutate()} loading={cancel.isPending}>
            Stop run
          </Button>
        </Allowed>
      )}
      {run.has_report && (
        <Button
          component="a"
          variant="default"
          href={`/api/v1/projects/${project}/training-runs/${run.name}/predictions`}
          download
        >
          Download predictions
        </Button>
      )}
      {(run.allowed_actions.includes('register') || (refused && run.state === 'succeeded' && run.has_report)) && (
        <Register project={project} run={run} />
      )}
    </>
  );
}

function Spec({ run }: { run: TrainingRunDetail }) {
  return (
    <Stack>
      <Panel title="Spec" note="as it was sent">
        <Code label="Spec">{JSON.stringify(run.spec, null, 2)}</Code>
      </Panel>
      {Object.keys(run.params).length > 0 && (
        <Panel title="Parameters" note="as the model was fitted">
          <Code label="Parameters">{JSON.stringify(run.params, null, 2)}</Code>
        </Panel>
      )}
      {Object.keys(run.environment).length > 0 && (
        <Panel title="Environment">
          <Code label="Environment">{JSON.stringify(run.environment, null, 2)}</Code>
        </Panel>
      )}
    </Stack>
  );
}
