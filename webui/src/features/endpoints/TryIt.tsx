import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { getModelVersion } from '@/api/get-model-version';
import { predict } from '@/api/predict';
import type { Column, Deployment, Endpoint, Signature } from '@/api/types';
import { asApiError } from '@/lib/problem';
import { ActionError, Button, Code, CurlBlock, ErrorState, Loading, None, Panel, Row, TextInput } from '@/ui';
import { Answer } from './Answer';
import { Choice } from './Choice';
import classes from './endpoints.module.css';
import { parse, record, sampleRecord } from './record';

type View = 'form' | 'json' | 'curl';
const VIEWS: [View, string][] = [
  ['form', 'Form'],
  ['json', 'JSON'],
  ['curl', 'curl'],
];

/** The form made from the served version's signature, filled with its sample. */
export function TryIt({ project, endpoint, current }: { project: string; endpoint: Endpoint; current: Deployment }) {
  const version = useQuery(getModelVersion(project, current.model, current.version));
  if (version.error) return <ErrorState error={asApiError(version.error)} what="The signature" />;
  if (!version.data) return <Loading rows={6} />;
  return (
    <Form
      key={current.bundle}
      project={project}
      endpoint={endpoint}
      version={current.version}
      signature={version.data.signature}
    />
  );
}

interface FormProps {
  project: string;
  endpoint: Endpoint;
  version: number;
  signature: Signature;
}

function Form({ project, endpoint, version, signature }: FormProps) {
  const fields = [...signature.keys, ...signature.request];
  const sample = sampleRecord(signature);
  const [values, setValues] = useState<Record<string, string>>(() => texts(fields, sample));
  const [view, setView] = useState<View>('form');
  const queries = useQueryClient();
  const body = { records: [record(fields, values)] };
  const ask = useMutation({
    mutationFn: () => predict(project, endpoint.name, body),
    onSuccess: () =>
      queries.invalidateQueries({ queryKey: ['project', project, 'endpoints', endpoint.name, 'traffic'] }),
  });
  const error = ask.error ? asApiError(ask.error) : null;
  const request = { method: 'POST', path: `/api/v1/projects/${project}/endpoints/${endpoint.name}/predict`, body };
  return (
    <Panel
      title="Try it"
      note={`from the signature of v${version}`}
      right={<Choice label="View of the request" value={view} options={VIEWS} onChoose={setView} />}
    >
      {view === 'form' && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            ask.mutate();
          }}
        >
          <div className={classes.fields}>
            {fields.map((field) => (
              <Field
                key={field.name}
                field={field}
                kind={kindOf(field, signature)}
                value={values[field.name] ?? ''}
                error={error?.at(`/records/0/${field.name}`)}
                onChange={(value) => setValues({ ...values, [field.name]: value })}
              />
            ))}
            <Row wrap={false}>
              <Button type="submit" variant="default" loading={ask.isPending}>
                Predict
              </Button>
              <Button variant="subtle" onClick={() => setValues(texts(fields, sample))}>
                Sample
              </Button>
            </Row>
          </div>
        </form>
      )}
      {view === 'json' && <Code label="Body of the request">{JSON.stringify(body, null, 2)}</Code>}
      {view === 'curl' && <CurlBlock request={request} />}
      <div style={{ height: 14 }} />
      <ActionError error={error} />
      {ask.data && !error && <Answer answer={ask.data} output={signature.output} request={request} />}
      {!ask.data && !error && <None>The answer stands here, with its timings.</None>}
    </Panel>
  );
}

function Field(props: {
  field: Column;
  kind: string;
  value: string;
  error?: string;
  onChange: (value: string) => void;
}) {
  const { field } = props;
  return (
    <TextInput
      label={
        <>
          {field.name}
          <span className={classes.kind}>{props.kind}</span>
        </>
      }
      aria-label={field.name}
      value={props.value}
      onChange={(event) => props.onChange(event.currentTarget.value)}
      error={props.error ?? parse(field, props.value).fault}
    />
  );
}

function kindOf(field: Column, signature: Signature): string {
  if (field.name === signature.event_time) return 'time';
  return signature.keys.some((key) => key.name === field.name) ? 'key' : field.type;
}

const texts = (fields: Column[], sample: Record<string, unknown>) =>
  Object.fromEntries(fields.map((field) => [field.name, sample[field.name] == null ? '' : String(sample[field.name])]));
