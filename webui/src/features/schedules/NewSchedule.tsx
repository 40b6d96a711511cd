import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { createSchedule } from '@/api/create-schedule';
import { getFireTimes } from '@/api/get-fire-times';
import { listModels } from '@/api/list-models';
import { listSchedules } from '@/api/list-schedules';
import { listTrainingRuns } from '@/api/list-training-runs';
import { freeName } from '@/lib/names';
import { paths } from '@/lib/paths';
import { asApiError } from '@/lib/problem';
import { ActionError, Button, CopyAs, Select, Sheet, TextInput } from '@/ui';
import { NextFires } from './NextFires';
import classes from './schedules.module.css';

const WEEKLY = '0 3 * * 1';
const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Whether a run fits a model that can be served, by a trainer of the platform: an uploaded model cannot be fitted again. */
const isRepeatable = (run: { trainer: string; allowed_actions: string[] }) =>
  run.trainer !== 'uploaded' && run.allowed_actions.includes('register');

/** What to repeat and when, with the next five fires as they are typed. */
export function NewSchedule({ project, open, onClose }: { project: string; open: boolean; onClose: () => void }) {
  const runs = useQuery({ ...listTrainingRuns(project), enabled: open });
  const models = useQuery({ ...listModels(project), enabled: open });
  const schedules = useQuery({ ...listSchedules(project), enabled: open });
  const [typed, setName] = useState<string | null>(null);
  const [cron, setCron] = useState(WEEKLY);
  const [timezone, setTimezone] = useState(HERE);
  const [chosenRun, setRun] = useState<string | null>(null);
  const [chosenModel, setModel] = useState<string | null>(null);
  const taken = (schedules.data?.results ?? []).map((one) => one.name);
  const name = typed ?? freeName('weekly', taken);
  const repeatable = (runs.data?.results ?? []).filter(isRepeatable);
  const run = chosenRun ?? repeatable[0]?.name ?? null;
  const task = repeatable.find((one) => one.name === run)?.task;
  const known = (models.data?.results ?? []).filter((one) => one.task === task).map((one) => one.name);
  const model = chosenModel ?? known[0] ?? null;
  const body = { name, spec: { cron, timezone, training_run: run ?? '', model: model ?? '' } };
  const times = useQuery({
    ...getFireTimes(project, cron, timezone),
    enabled: open,
    placeholderData: keepPreviousData,
  });
  const wrong = times.error ? asApiError(times.error) : null;
  const queries = useQueryClient();
  const navigate = useNavigate();
  const create = useMutation({
    mutationFn: () => createSchedule(project, body),
    onSuccess: async (made) => {
      await queries.invalidateQueries({ queryKey: ['project', project, 'schedules'] });
      await navigate({ to: paths.schedule(project, made.name) });
    },
  });
  const error = create.error ? asApiError(create.error) : null;
  const foot = (
    <>
      <CopyAs request={{ method: 'POST', path: `/api/v1/projects/${project}/schedules`, body }} />
      <Button variant="subtle" onClick={onClose}>
        Cancel
      </Button>
      <Button onClick={() => create.mutate()} loading={create.isPending} disabled={!run || !model || wrong !== null}>
        Create schedule
      </Button>
    </>
  );
  return (
    <Sheet open={open} onClose={onClose} title="Train again by the clock" foot={foot}>
      <TextInput
        label="Name"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        error={error?.at('/name')}
      />
      <Select
        label="Run to repeat"
        description="Its trainer, parameters and study, on its training set's recipe with the newest data."
        data={repeatable.map((one) => one.name)}
        value={run}
        onChange={(picked) => {
          setRun(picked);
          setModel(null);
        }}
        nothingFoundMessage="No run has succeeded yet"
      />
      <Select
        label="Model"
        description="The result becomes its next version, with the alias challenger."
        data={known}
        value={model}
        onChange={setModel}
        nothingFoundMessage="No model yet"
      />
      <TextInput
        label="Cron expression"
        description="minute, hour, day of month, month, day of week"
        value={cron}
        onChange={(event) => setCron(event.currentTarget.value)}
        error={wrong?.at('/cron') ?? error?.at('/spec/cron')}
      />
      <TextInput
        label="Time zone"
        value={timezone}
        onChange={(event) => setTimezone(event.currentTarget.value)}
        error={wrong?.at('/timezone') ?? error?.at('/spec/timezone')}
      />
      {!wrong && times.data && (
        <div>
          <p className={classes.label}>Fires next</p>
          <NextFires times={times.data.next_fires} timezone={times.data.timezone} />
        </div>
      )}
      <ActionError error={error} />
    </Sheet>
  );
}
