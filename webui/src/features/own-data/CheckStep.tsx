import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { changeSource } from '@/api/change-source';
import { createSource } from '@/api/create-source';
import { ingestSource } from '@/api/ingest-source';
import { listSources } from '@/api/list-sources';
import { listTables } from '@/api/list-tables';
import type { FileInspection, Inspection, SourceColumn, SourceSpec } from '@/api/types';
import { bytes, number } from '@/lib/format';
import { freeName, slug } from '@/lib/names';
import { asApiError } from '@/lib/problem';
import { useSearchWords } from '@/lib/route';
import { ActionError, Button, Columns, CopyAs, NativeSelect, Panel, Row, Stack, TextInput } from '@/ui';
import { ColumnTable } from './ColumnTable';
import { withTime } from './compile';
import { FormatPanel } from './FormatPanel';
import { Notes } from './Notes';
import { Refused } from './Refused';

const NONE = '';

/** Types, key and time as they were guessed, each to be corrected; then the file is read into a table. */
export function CheckStep({ project, inspection }: { project: string; inspection: Inspection }) {
  if (!inspection.found) return <Refused project={project} inspection={inspection} />;
  return <Check project={project} inspection={inspection} found={inspection.found} />;
}

function Check({ project, inspection, found }: { project: string; inspection: Inspection; found: FileInspection }) {
  const spec = found.spec;
  const [columns, setColumns] = useState<SourceColumn[]>(spec.columns ?? []);
  const [key, setKey] = useState(spec.keys?.[0] ?? NONE);
  const [time, setTime] = useState(NONE);
  const [typed, setName] = useState<string | null>(null);
  const name = typed ?? slug(inspection.filename.replace(/\.\w+$/, ''));
  const wanted: SourceSpec = {
    ...spec,
    columns: withTime(columns, time || null),
    keys: key ? [key] : [],
    event_time: time || null,
  };
  const dates = columns.filter((column) => column.type === 'date' || column.type === 'timestamp');
  const keys = columns.filter((column) => ['string', 'int32', 'int64'].includes(column.type));
  const rows = found.whole ? number(found.rows) : `about ${number(found.rows)}`;
  return (
    <Columns>
      <Stack>
        <Panel title={inspection.filename || 'The file'} note={`${bytes(found.size)}, ${rows} rows`} flush>
          <ColumnTable guesses={found.columns} columns={columns} onChange={setColumns} />
        </Panel>
        <Notes
          title="What was noticed"
          notes={found.notes.filter((note) => !note.target)}
          none="Nothing dirty or doubtful in the rows that were looked at."
        />
      </Stack>
      <Stack>
        <Panel title="What a row is">
          <Stack>
            <TextInput
              label="Name of the table"
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <NativeSelect
              label="Key"
              description="The column that names a row. It is no feature; rows of one key stay together when data is split."
              data={[{ value: NONE, label: 'none' }, ...keys.map((column) => column.name)]}
              value={key}
              onChange={(event) => setKey(event.currentTarget.value)}
            />
            <NativeSelect
              label="Time"
              description="When the row was true. Choose it only if every row has one: rows without it are left out."
              data={[{ value: NONE, label: 'none' }, ...dates.map((column) => column.name)]}
              value={time}
              onChange={(event) => setTime(event.currentTarget.value)}
            />
            <Continue project={project} name={name} spec={wanted} />
          </Stack>
        </Panel>
        <FormatPanel project={project} upload={inspection.upload} format={spec.format ?? {}} />
      </Stack>
    </Columns>
  );
}

function Continue({ project, name, spec }: { project: string; name: string; spec: SourceSpec }) {
  const [, go] = useSearchWords();
  const queries = useQueryClient();
  const keep = useMutation({
    mutationFn: async () => {
      const sources = await queries.fetchQuery({ ...listSources(project), staleTime: 0 });
      const same = sources.results.find((source) => source.name === name && source.spec.upload === spec.upload);
      if (same) await changeSource(project, name, { spec });
      const tables = await queries.fetchQuery({ ...listTables(project), staleTime: 0 });
      const taken = [...sources.results, ...tables.results].map((one) => one.name);
      const source = same ? name : (await createSource(project, { name: freeName(name, taken), spec })).name;
      await ingestSource(project, source);
      return source;
    },
    onSuccess: async (source) => {
      await queries.invalidateQueries({ queryKey: ['project', project] });
      go({ source });
    },
  });
  const error = keep.error ? asApiError(keep.error) : null;
  return (
    <>
      <Row>
        <Button onClick={() => keep.mutate()} loading={keep.isPending} disabled={!name}>
          Continue
        </Button>
        <CopyAs request={{ method: 'POST', path: `/api/v1/projects/${project}/sources`, body: { name, spec } }} />
      </Row>
      <ActionError error={error} />
    </>
  );
}
