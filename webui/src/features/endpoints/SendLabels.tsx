import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { getModelVersion } from '@/api/get-model-version';
import { sendLabels } from '@/api/send-labels';
import type { Body, Column, Endpoint, LabelsKept } from '@/api/types';
import { paths } from '@/lib/paths';
import { asApiError } from '@/lib/problem';
import { ActionError, Button, CurlBlock, Sheet, StateWord, TextInput } from '@/ui';
import { Choice } from './Choice';
import classes from './endpoints.module.css';
import { label, type NamedBy } from './label';

const NAMED_BY: [NamedBy, string][] = [
  ['request', 'Request id'],
  ['keys', 'Keys and time'],
];

interface Props {
  project: string;
  endpoint: Endpoint;
  open: boolean;
  onClose: () => void;
}

/** What turned out to be true about one prediction; many at once go by the request that is shown, or by a file. */
export function SendLabels({ project, endpoint, open, onClose }: Props) {
  const current = endpoint.current;
  const version = useQuery({
    ...getModelVersion(project, current?.model ?? '', current?.version ?? 0),
    enabled: open && current !== null,
  });
  const keys = version.data?.signature.keys ?? [];
  const [by, setBy] = useState<NamedBy>('request');
  const [texts, setTexts] = useState<Record<string, string>>({});
  const queries = useQueryClient();
  const body = { labels: [label(by, keys, texts)] };
  const send = useMutation({
    mutationFn: () => sendLabels(project, endpoint.name, body as Body<'LabelsIn'>),
    onSuccess: () =>
      queries.invalidateQueries({ queryKey: ['project', project, 'endpoints', endpoint.name, 'quality'] }),
  });
  const error = send.error ? asApiError(send.error) : null;
  const close = () => {
    send.reset();
    setTexts({});
    onClose();
  };
  const field = (name: string, title: string, pointer: string, placeholder?: string) => (
    <TextInput
      key={name}
      label={title}
      placeholder={placeholder}
      value={texts[name] ?? ''}
      onChange={(event) => setTexts({ ...texts, [name]: event.currentTarget.value })}
      error={error?.at(`/labels/0${pointer}`)}
    />
  );
  const foot = (
    <>
      <Button variant="subtle" onClick={close}>
        Close
      </Button>
      <Button onClick={() => send.mutate()} loading={send.isPending}>
        Send label
      </Button>
    </>
  );
  return (
    <Sheet
      open={open}
      onClose={close}
      title="Send labels"
      note="The same label again changes nothing; another value corrects it."
      foot={foot}
    >
      <Choice label="The prediction is named by" value={by} options={NAMED_BY} onChoose={setBy} />
      {by === 'request' ? (
        <>
          {field('request_id', 'Request id', '/request_id', 'req_…, as the answer gave it')}
          {field('row', 'Record of the request', '/row', '0, the first')}
        </>
      ) : (
        <>
          {keys.map((key: Column) => field(`key ${key.name}`, key.name, `/keys/${key.name}`))}
          {field('event_time', 'Time of the prediction', '/event_time', 'with its offset, as 2024-05-01T12:00:00Z')}
        </>
      )}
      {field('value', 'What turned out to be true', '/value', 'a number; 0 or 1 for a probability')}
      <ActionError error={error} />
      {send.data && !error && <Kept project={project} kept={send.data} />}
      <CurlBlock
        request={{ method: 'POST', path: `/api/v1/projects/${project}/endpoints/${endpoint.name}/labels`, body }}
      />
    </Sheet>
  );
}

function Kept({ project, kept }: { project: string; kept: LabelsKept }) {
  const word = kept.corrected ? 'Corrected' : kept.new ? 'Kept' : 'Known already';
  return (
    <p className={classes.kept} role="status">
      <StateWord as="succeeded">{word}</StateWord>
      {kept.job && <Link to={paths.job(project, kept.job)}>the job that measures again</Link>}
    </p>
  );
}
