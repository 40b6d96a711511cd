import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { createModel } from '@/api/create-model';
import { listModelVersions } from '@/api/list-model-versions';
import { listModels } from '@/api/list-models';
import { registerVersion } from '@/api/register-version';
import type { Body, TrainingRunDetail } from '@/api/types';
import { paths } from '@/lib/paths';
import { asApiError } from '@/lib/problem';
import { ActionError, Allowed, Button, Checkbox, CopyAs, Select, Sheet, TextInput } from '@/ui';
import { Packaging } from './Packaging';

const NEW = '+ new model';

/** Packages a run's model as the next version of a model line. */
export function Register({ project, run }: { project: string; run: TrainingRunDetail }) {
  const [open, setOpen] = useState(false);
  const models = useQuery({ ...listModels(project), enabled: open });
  const [chosen, setChosen] = useState<string | null>(null);
  const [name, setName] = useState('');
  const [champion, setChampion] = useState(false);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const known = (models.data?.results ?? []).filter((model) => model.task === run.task).map((model) => model.name);
  const model = chosen ?? known[0] ?? NEW;
  const target = model === NEW ? name : model;
  const body = { training_run: run.name, ...(champion ? { alias: 'champion' } : {}) };
  const register = useMutation({
    mutationFn: async () => {
      if (model === NEW)
        await createModel(project, { name, spec: { task: run.task as Body<'ModelIn'>['spec']['task'] } });
      return registerVersion(project, target, body);
    },
  });
  const done = async () => {
    await queries.invalidateQueries({ queryKey: ['project', project] });
    const versions = await queries.fetchQuery({ ...listModelVersions(project, target), staleTime: 0 });
    const made = versions.results.find((version) => version.training_run_name === run.name);
    await navigate({ to: made ? paths.version(project, target, made.version) : paths.model(project, target) });
  };
  const error = register.error ? asApiError(register.error) : null;
  const foot = (
    <>
      <CopyAs request={{ method: 'POST', path: `/api/v1/projects/${project}/models/${target}/versions`, body }} />
      <Button variant="subtle" onClick={() => setOpen(false)}>
        Cancel
      </Button>
      <Button onClick={() => register.mutate()} loading={register.isPending} disabled={!target || register.isSuccess}>
        Register version
      </Button>
    </>
  );
  return (
    <>
      <Allowed project={project} action="edit">
        <Button onClick={() => setOpen(true)}>Register version</Button>
      </Allowed>
      <Sheet
        open={open}
        onClose={() => setOpen(false)}
        title={`Register ${run.name}`}
        note="Its files become one immutable bundle with signature and golden rows."
        foot={foot}
      >
        <Select label="Model" data={[...known, NEW]} value={model} onChange={setChosen} allowDeselect={false} />
        {model === NEW && (
          <TextInput
            label="Name of the new model"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={error?.at('/name')}
          />
        )}
        <Checkbox
          label="Call it champion"
          checked={champion}
          onChange={(event) => setChampion(event.currentTarget.checked)}
        />
        <ActionError error={error} />
        {register.data && <Packaging project={project} job={register.data.job} done={done} />}
      </Sheet>
    </>
  );
}
