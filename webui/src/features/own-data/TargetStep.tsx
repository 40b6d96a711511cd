import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { createFeatureService } from '@/api/create-feature-service';
import { getSource } from '@/api/get-source';
import { listEndpoints } from '@/api/list-endpoints';
import { listFeatureServices } from '@/api/list-feature-services';
import { listModels } from '@/api/list-models';
import { listTrainingRuns } from '@/api/list-training-runs';
import { listTrainingSets } from '@/api/list-training-sets';
import type { FileInspection, SourceColumn, SourceSpec } from '@/api/types';
import { percent } from '@/lib/format';
import { freeName } from '@/lib/names';
import { asApiError } from '@/lib/problem';
import { useSearchWords } from '@/lib/route';
import {
  ActionError,
  Button,
  Checkbox,
  Columns,
  ErrorState,
  Loading,
  NativeSelect,
  Panel,
  Quiet,
  Row,
  Stack,
} from '@/ui';
import { serviceOf, taskOf } from './compile';
import { Notes } from './Notes';
import classes from './own-data.module.css';

/** One column to predict, and from which others; what gives it away is left out and said. */
export function TargetStep({ project, found }: { project: string; found: FileInspection }) {
  const [{ source = '' }] = useSearchWords();
  const kept = useQuery(getSource(project, source));
  if (kept.error) return <ErrorState error={asApiError(kept.error)} what="The source" />;
  if (!kept.data) return <Loading />;
  return <Choose project={project} source={source} spec={kept.data.spec} found={found} />;
}

interface Props {
  project: string;
  source: string;
  spec: SourceSpec;
  found: FileInspection;
}

function Choose({ project, source, spec, found }: Props) {
  const [, go] = useSearchWords();
  const columns = spec.columns ?? [];
  const targets = candidates(columns, found, spec.keys ?? []);
  const [chosen, setTarget] = useState<string | null>(null);
  const target = chosen ?? targets[0] ?? '';
  const [changed, setChanged] = useState<Record<string, boolean>>({});
  const leaking = leaksOf(found, target);
  const offered = columns.filter((column) => column.name !== target && !(spec.keys ?? []).includes(column.name));
  const used = (column: SourceColumn) => changed[column.name] ?? (helps(found, column) && !leaking.has(column.name));
  const features = offered.filter(used).map((column) => column.name);
  return (
    <Columns>
      <Stack>
        <Panel title="Predict from" note={`${features.length} of ${offered.length} columns`}>
          <ul className={classes.features}>
            {offered.map((column) => (
              <li key={column.name}>
                <Checkbox
                  label={column.name}
                  description={leaking.has(column.name) ? 'gives the target away' : whyNot(found, column)}
                  checked={used(column)}
                  onChange={(event) => setChanged({ ...changed, [column.name]: event.currentTarget.checked })}
                />
              </li>
            ))}
          </ul>
        </Panel>
        <Notes
          title="What gives the target away"
          notes={found.notes.filter((note) => note.kind === 'leakage' && note.target === target)}
          none="No column alone decides the target."
        />
      </Stack>
      <Panel title="Target">
        <Stack>
          <NativeSelect
            label="Predict"
            description={said(found, target)}
            data={targets}
            value={target}
            onChange={(event) => {
              setTarget(event.currentTarget.value);
              setChanged({});
            }}
          />
          {targets.length === 0 && <Quiet>No column is a number or yes and no. Go back and correct a type.</Quiet>}
          <Quiet>
            Seven rows in ten train the model, the others test it. A column of dates becomes day, month and weekday.
          </Quiet>
          <Train project={project} source={source} target={target} columns={columns} features={features} />
          <Row>
            <Button variant="subtle" onClick={() => go({ source: undefined })}>
              Back to the columns
            </Button>
          </Row>
        </Stack>
      </Panel>
    </Columns>
  );
}

interface TrainProps {
  project: string;
  source: string;
  target: string;
  columns: SourceColumn[];
  features: string[];
}

function Train({ project, source, target, columns, features }: TrainProps) {
  const [, go] = useSearchWords();
  const queries = useQueryClient();
  const start = useMutation({
    mutationFn: async () => {
      const lists = await Promise.all([
        queries.fetchQuery({ ...listFeatureServices(project), staleTime: 0 }),
        queries.fetchQuery({ ...listTrainingSets(project), staleTime: 0 }),
        queries.fetchQuery({ ...listTrainingRuns(project), staleTime: 0 }),
        queries.fetchQuery({ ...listModels(project), staleTime: 0 }),
        queries.fetchQuery({ ...listEndpoints(project), staleTime: 0 }),
      ]);
      const taken = lists.flatMap((list) => list.results.map((one) => one.name));
      const name = freeName(`${source}_${target}`.toLowerCase().slice(0, 58), taken);
      return createFeatureService(project, { name, spec: serviceOf(columns, features) });
    },
    onSuccess: (service) => go({ target, model: service.name }),
  });
  return (
    <>
      <Button onClick={() => start.mutate()} loading={start.isPending} disabled={!target || features.length === 0}>
        Train a baseline
      </Button>
      <ActionError error={start.error ? asApiError(start.error) : null} />
    </>
  );
}

function candidates(columns: SourceColumn[], found: FileInspection, keys: string[]): string[] {
  const possible = columns
    .filter((column) => taskOf(column, false) !== null && !keys.includes(column.name))
    .map((column) => column.name);
  const guessed = found.targets.map((target) => target.column).filter((name) => possible.includes(name));
  return [...guessed, ...possible.filter((name) => !guessed.includes(name))];
}

function said(found: FileInspection, target: string): string {
  const guess = found.targets.find((one) => one.column === target);
  if (!guess) return '';
  return guess.positive == null ? guess.why : `${guess.why}; ${percent(guess.positive)} are yes`;
}

const leaksOf = (found: FileInspection, target: string) =>
  new Set(
    found.notes.filter((note) => note.kind === 'leakage' && note.target === target).map((note) => note.column ?? ''),
  );
const guessOf = (found: FileInspection, column: SourceColumn) => found.columns.find((one) => one.name === column.name);
const helps = (found: FileInspection, column: SourceColumn) => guessOf(found, column)?.use ?? true;
const whyNot = (found: FileInspection, column: SourceColumn) => guessOf(found, column)?.why_not || undefined;
