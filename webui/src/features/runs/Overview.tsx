import type { TrainingRunDetail } from '@/api/types';
import { brief, duration, number, words } from '@/lib/format';
import { nameOf, ordered } from '@/lib/metrics';
import { share, spoken } from '@/lib/progress';
import { Columns, Facts, Meter, Mono, None, Panel, Quiet, Stack } from '@/ui';
import { RunLog } from './RunLog';
import { RunningTrials } from './RunningTrials';
import { StudyChart } from './StudyChart';

/** What happens, or happened: the study, the budget, the log. */
export function Overview({ project, run }: { project: string; run: TrainingRunDetail }) {
  const live = run.state === 'running' || run.state === 'queued';
  return (
    <Columns>
      <Stack>
        {run.problem && (
          <Panel title={run.problem.title ?? 'The run failed'} note={run.problem.code}>
            {run.problem.detail}
          </Panel>
        )}
        {run.study && <StudyChart project={project} run={run.name} study={run.study} live={live} />}
        {live && <RunLog project={project} job={run.job} live={live} />}
      </Stack>
      <Stack>
        {live && <Now run={run} />}
        {run.study && <Budget run={run} />}
        {run.study && live && <RunningTrials project={project} run={run.name} study={run.study} />}
        {run.metrics?.test && <Result run={run} />}
        {Object.keys(run.params).length > 0 && <Parameters run={run} />}
      </Stack>
    </Columns>
  );
}

function Now({ run }: { run: TrainingRunDetail }) {
  return (
    <Panel title={run.state === 'queued' ? 'Waits for a slot' : 'Now'}>
      <Meter share={share(run.progress)} label="Progress of the run" />
      <Quiet>{spoken(run.progress) || 'no progress reported yet'}</Quiet>
    </Panel>
  );
}

function Budget({ run }: { run: TrainingRunDetail }) {
  const study = run.study;
  if (!study) return null;
  const done = (study.counts.completed ?? 0) + (study.counts.pruned ?? 0) + (study.counts.failed ?? 0);
  const all = study.spec.trials ?? 20;
  return (
    <Panel title="Budget" right={`${number(done)} of ${number(all)} trials`}>
      <Meter share={done / all} label="Trials finished" />
      <Facts
        items={[
          ['Finished', number(study.counts.completed ?? 0)],
          ['Pruned', number(study.counts.pruned ?? 0)],
          ['Failed', number(study.counts.failed ?? 0)],
          ['Running', number(study.counts.running ?? 0)],
          ['Random before TPE', number(study.spec.startup_trials ?? 6)],
        ]}
      />
    </Panel>
  );
}

const STAGES = ['read', 'fit', 'predict', 'evaluate'];

function Result({ run }: { run: TrainingRunDetail }) {
  const metrics = ordered(run.metrics.test);
  const took = Object.entries(run.seconds).sort(([a], [b]) => STAGES.indexOf(a) - STAGES.indexOf(b));
  return (
    <Panel title="On the hold-out" note="95 % interval">
      <Facts
        items={metrics.map(([name, metric]) => [
          nameOf(name),
          <span key={name}>
            <b>{brief(metric.value)}</b>{' '}
            {metric.low != null && <Quiet>{`${brief(metric.low)} to ${brief(metric.high)}`}</Quiet>}
          </span>,
        ])}
      />
      {run.device?.note && <Quiet>{run.device.note}</Quiet>}
      {took.length > 0 && <Facts items={took.map(([stage, seconds]) => [words(stage), duration(seconds)])} />}
    </Panel>
  );
}

function Parameters({ run }: { run: TrainingRunDetail }) {
  return (
    <Panel
      title="Parameters"
      note={
        run.study
          ? run.state !== 'succeeded'
            ? 'the study starts from these'
            : `best: trial ${run.study.best_number}`
          : undefined
      }
    >
      <Facts
        items={Object.entries(run.params).map(([name, value]) => [
          name,
          value === null ? <None key={name} /> : <Mono key={name}>{shown(value)}</Mono>,
        ])}
      />
    </Panel>
  );
}

const shown = (value: unknown) => (typeof value === 'object' ? JSON.stringify(value) : brief(value));
