import type { OpenApi } from '@/api/get-openapi';
import { CurlBlock } from '@/ui';
import { content, type Entry, type Field, fields, typeName } from './operations';
import classes from './ReferencePage.module.css';

/** What a call takes and answers. */
export function OperationDetail({ document, entry }: { document: OpenApi; entry: Entry }) {
  const { operation } = entry;
  const body = content(operation.requestBody);
  const parameters = (operation.parameters ?? []).map((one) => ({
    name: one.name,
    type: `${typeName(one.schema)}, in ${one.in}`,
    required: one.required ?? false,
    description: one.description ?? '',
  }));
  return (
    <div className={classes.detail}>
      {operation.description && <p>{operation.description}</p>}
      <CurlBlock request={{ method: entry.method, path: entry.path, body: body ? {} : undefined }} />
      <Fields title="Parameters" rows={parameters} />
      {body && <Fields title={`Body, ${typeName(body.shape)} as ${body.media}`} rows={fields(document, body.shape)} />}
      {Object.entries(operation.responses).map(([status, answer]) => {
        const what = content(answer);
        if (!status.startsWith('2')) return null;
        const title = what ? `Answer ${status}, ${typeName(what.shape)} as ${what.media}` : `Answer ${status}, no body`;
        return <Fields key={status} title={title} rows={fields(document, what?.shape)} always />;
      })}
      <p className={classes.errors}>
        Errors:{' '}
        {Object.keys(operation.responses)
          .filter((status) => !status.startsWith('2'))
          .join(', ') || 'none'}
      </p>
    </div>
  );
}

function Fields({ title, rows, always = false }: { title: string; rows: Field[]; always?: boolean }) {
  if (rows.length === 0 && !always) return null;
  return (
    <section>
      <h3>{title}</h3>
      {rows.length > 0 && (
        <dl className={classes.fields}>
          {rows.map((row) => (
            <div key={`${row.name} ${row.type}`}>
              <dt>
                <code>{row.name}</code>
                {row.required && <em>required</em>}
              </dt>
              <dd>
                <span>{row.type}</span> {row.description}
              </dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}
