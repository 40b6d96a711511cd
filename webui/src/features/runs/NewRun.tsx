import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { createTrainingRun } from '@/api/create-training-run';
import { listTrainers } from '@/api/list-trainers';
import { listTrainingRuns } from '@/api/list-training-runs';
import { listTrainingSets } from '@/api/list-training-sets';
import type { Body } from '@/api/types';
import { freeName } from '@/lib/names';
import { paths } from '@/lib/paths';
import { asApiError } from '@/lib/problem';
import { ActionError, Button, CopyAs, Mono, NumberInput, Select, Sheet, Switch, TextInput } from '@/ui';

type TrainerName = Body<'TrainingRunIn'>['spec']['trainer'];
type Device = NonNullable<Body<'TrainingRunIn'>['spec']['device']>;
type Task = NonNullable<Body<'TrainingRunIn'>['spec']['task']>;

const DEVICES = [
  { value: 'auto', label: 'Auto' },
  { value: 'gpu', label: 'GPU only' },
  { value: 'cpu', label: 'CPU' },
];

/** Starts a run on an existing training set; with tuning it is a study and the refit of its best point. */
export function NewRun({ project, open, onClose }: { project: string; open: boolean; onClose: () => void }) {
  const sets = useQuery({ ...listTrainingSets(project), enabled: open });
  const runs = useQuery({ ...listTrainingRuns(project), enabled: open });
  const trainers = useQuery({ ...listTrainers(), enabled: open });
  const [typed, setName] = useState<string | null>(null);
  const [chosen, setSet] = useState<string | null>(null);
  const [trainer, setTrainer] = useState<TrainerName>('lightgbm');
  const [picked, setTask] = useState<Task | null>(null);
  const [device, setDevice] = useState<Device>('auto');
  const [tune, setTune] = useState(false);
  const [trials, setTrials] = useState(20);
  const usable = (sets.data?.results ?? []).filter((one) => one.state === 'ready').map((one) => one.name);
  const set = chosen ?? usable[0] ?? null;
  const before = runs.data?.results.find((run) => run.training_set.name === set);
  const task = picked ?? (before?.task as Task | undefined) ?? 'binary';
  const info = trainers.data?.results.find((one) => one.name === trainer);
  const missing = info?.unavailable;
  const choosesDevice = (info?.devices ?? []).length > 1;
  const tunable = (info?.space ?? []).length > 0;
  const taken = (runs.data?.results ?? []).map((run) => run.name);
  const name = typed ?? freeName(`${trainer}${tune && tunable ? '_tuned' : ''}`, taken);
  const placed = choosesDevice && device !== 'auto' ? { device } : {};
  const search = tune && tunable ? { tune: { trials } } : {};
  const body = { name, spec: { training_set: set ?? '', trainer, task, ...placed, ...search } };
  const queries = useQueryClient();
  const navigate = useNavigate();
  const start = useMutation({
    mutationFn: () => createTrainingRun(project, body),
    onSuccess: async (run) => {
      await queries.invalidateQueries({ queryKey: ['project', project] });
      await navigate({ to: paths.run(project, run.name) });
    },
  });
  const error = start.error ? asApiError(start.error) : null;
  const foot = (
    <>
      <CopyAs request={{ method: 'POST', path: `/api/v1/projects/${project}/training-runs`, body }} />
      <Button variant="subtle" onClick={onClose}>
        Cancel
      </Button>
      <Button onClick={() => start.mutate()} loading={start.isPending} disabled={!name || !set || !!missing}>
        Start run
      </Button>
    </>
  );
  return (
    <Sheet open={open} onClose={onClose} title="Train a model" foot={foot}>
      <TextInput
        label="Name"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        error={error?.at('/name')}
      />
      <Select
        label="Training set"
        placeholder="choose one"
        data={usable}
        value={set}
        onChange={setSet}
        error={error?.at('/spec/training_set')}
        nothingFoundMessage="No training set yet"
      />
      <Select
        label="Trainer"
        description={missing ? <Missing detail={missing.detail} install={missing.install} /> : info?.description}
        data={(trainers.data?.results ?? []).map((one) => ({ value: one.name, label: one.title }))}
        value={trainer}
        onChange={(value) => setTrainer((value ?? 'lightgbm') as TrainerName)}
        allowDeselect={false}
        error={error?.at('/spec/trainer')}
      />
      <Select
        label="Task"
        description={before && !picked ? `as in ${before.name}` : undefined}
        data={info?.tasks ?? ['binary', 'regression']}
        value={task}
        onChange={(value) => setTask((value ?? 'binary') as Task)}
        allowDeselect={false}
        error={error?.at('/spec/task')}
      />
      {choosesDevice && (
        <Select
          label="Device"
          description="Auto takes a GPU where there is one, else the CPU, and the run says so."
          data={DEVICES}
          value={device}
          onChange={(value) => setDevice((value ?? 'auto') as Device)}
          allowDeselect={false}
          error={error?.at('/spec/device')}
        />
      )}
      {tunable && (
        <Switch
          label="Tune: search parameters in a study"
          checked={tune}
          onChange={(event) => setTune(event.currentTarget.checked)}
        />
      )}
      {tunable && tune && (
        <NumberInput
          label="Trials"
          min={1}
          max={10000}
          value={trials}
          onChange={(value) => setTrials(Number(value) || 1)}
          error={error?.at('/spec/tune/trials')}
        />
      )}
      <ActionError error={error} />
    </Sheet>
  );
}

function Missing({ detail, install }: { detail: string; install: string }) {
  return (
    <>
      {detail} Where Bottega runs: <Mono>{install}</Mono>
    </>
  );
}
