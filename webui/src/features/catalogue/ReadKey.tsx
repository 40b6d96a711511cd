import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { readFeatureView } from '@/api/read-feature-view';
import type { FeatureView, OnlineRow } from '@/api/types';
import { brief, exact } from '@/lib/format';
import { asApiError } from '@/lib/problem';
import { ActionError, Button, CopyAs, Facts, Mono, None, Panel, Row, StateWord, TextInput } from '@/ui';

/** Reads one key from the online store, as an endpoint would. */
export function ReadKey({ project, view }: { project: string; view: FeatureView }) {
  const { keys } = view;
  const [values, setValues] = useState<Record<string, string>>({});
  const body = {
    keys: [
      Object.fromEntries(
        keys.map((key) => [key.name, /^int/.test(key.type) ? Number(values[key.name]) : (values[key.name] ?? '')]),
      ),
    ],
  };
  const read = useMutation({ mutationFn: () => readFeatureView(project, view.name, body) });
  const error = read.error ? asApiError(read.error) : null;
  const request = { method: 'POST', path: `/api/v1/projects/${project}/feature-views/${view.name}/read`, body };
  return (
    <Panel title="Read a key" note="from the online store" right={<CopyAs request={request} />}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          read.mutate();
        }}
      >
        <Row>
          {keys.map((key) => (
            <TextInput
              key={key.name}
              label={key.name}
              value={values[key.name] ?? ''}
              onChange={(event) => setValues({ ...values, [key.name]: event.currentTarget.value })}
              error={error?.at(`/keys/0/${key.name}`)}
              style={{ flex: 1, minWidth: 120 }}
            />
          ))}
          <Button type="submit" variant="default" loading={read.isPending} style={{ alignSelf: 'end' }}>
            Read
          </Button>
        </Row>
      </form>
      <ActionError error={error} />
      {read.data?.rows[0] && <Values row={read.data.rows[0]} />}
    </Panel>
  );
}

const SAID: Record<string, string> = {
  not_found: 'This key is not in the online store',
  stale: 'The value is older than it is kept for',
  null: 'The key is there, without a value',
};

function Values({ row }: { row: OnlineRow }) {
  if (row.status !== 'present') return <StateWord as="late">{SAID[row.status] ?? row.status}</StateWord>;
  const moment: [string, React.ReactNode][] = row.event_time ? [['event time', exact(row.event_time)]] : [];
  return (
    <Facts
      items={[
        ...moment,
        ...Object.entries(row.values).map(([name, value]): [string, React.ReactNode] => [name, shown(name, value)]),
      ]}
    />
  );
}

const shown = (name: string, value: unknown) =>
  value === null ? <None key={name}>null</None> : <Mono key={name}>{brief(value)}</Mono>;
