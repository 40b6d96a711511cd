import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { getOpenApi, type OpenApi } from '@/api/get-openapi';
import { plural } from '@/lib/format';
import { asApiError } from '@/lib/problem';
import { useSearchWord } from '@/lib/route';
import { ErrorState, Loading, PageHeader, Panel, Stack, TextInput } from '@/ui';
import { OperationDetail } from './OperationDetail';
import { groups } from './operations';
import classes from './ReferencePage.module.css';

/** The REST API, read from the platform itself, so it is always that of this installation. */
export default function ReferencePage() {
  const [find, setFind] = useSearchWord('find');
  const document = useQuery(getOpenApi());
  if (document.error)
    return (
      <ErrorState
        error={asApiError(document.error)}
        what="The API's description"
        retry={() => void document.refetch()}
      />
    );
  if (!document.data) return <Loading rows={8} />;
  const shown = groups(document.data, find);
  const count = shown.reduce((sum, [, entries]) => sum + entries.length, 0);
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Help' }, { label: 'API reference' }]}
        title="API reference"
        provenance="Every step of the console is one of these calls. Errors are problem documents with a stable code."
        actions={
          <TextInput
            aria-label="Find a call"
            placeholder="Find a call"
            value={find ?? ''}
            onChange={(event) => setFind(event.currentTarget.value)}
          />
        }
      />
      <p className={classes.count} role="status">
        {plural(count, 'call')}
        {find ? ` with “${find}”` : ''}. The document itself: <a href="/api/v1/openapi.json">/api/v1/openapi.json</a>{' '}
        (OpenAPI 3.1).
      </p>
      <Stack>
        {shown.map(([tag, entries]) => (
          <Panel key={tag} title={tag.replaceAll('_', ' ')} note={plural(entries.length, 'call')} flush>
            {entries.map((entry) => (
              <OperationRow key={entry.operation.operationId} document={document.data} entry={entry} />
            ))}
          </Panel>
        ))}
      </Stack>
    </>
  );
}

function OperationRow({
  document,
  entry,
}: {
  document: OpenApi;
  entry: Parameters<typeof OperationDetail>[0]['entry'];
}) {
  const [open, setOpen] = useSearchWord('call');
  const id = entry.operation.operationId;
  const isOpen = open === id;
  const row = useRef<HTMLElement>(null);
  // An address that names a call shows it, also far down the page.
  useEffect(() => {
    if (new URLSearchParams(window.location.search).get('call') === id)
      row.current?.scrollIntoView({ block: 'center' });
  }, [id]);
  return (
    <section className={classes.row} id={id} ref={row}>
      <button
        type="button"
        className={classes.head}
        aria-expanded={isOpen}
        onClick={() => setOpen(isOpen ? undefined : id)}
      >
        <b data-method={entry.method}>{entry.method}</b>
        <code>{entry.path.replace('/api/v1', '')}</code>
        <span>{entry.operation.summary}</span>
      </button>
      {isOpen && <OperationDetail document={document} entry={entry} />}
    </section>
  );
}
