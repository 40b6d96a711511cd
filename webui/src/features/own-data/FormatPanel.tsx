import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { inspectUpload } from '@/api/inspect-upload';
import type { CsvFormat } from '@/api/types';
import { asApiError } from '@/lib/problem';
import { useSearchWords } from '@/lib/route';
import { ActionError, Button, NativeSelect, Panel, Row, Switch } from '@/ui';
import classes from './own-data.module.css';

const DELIMITERS = [
  { value: ',', label: 'comma' },
  { value: ';', label: 'semicolon' },
  { value: '\t', label: 'tab' },
  { value: '|', label: 'bar' },
];
const ENCODINGS = ['utf-8', 'utf-16', 'utf-16-le', 'utf-16-be', 'windows-1252', 'latin-1'];

/** How the file is written; a correction looks at it again. */
export function FormatPanel({ project, upload, format }: { project: string; upload: string; format: CsvFormat }) {
  const [, go] = useSearchWords();
  const [wanted, setWanted] = useState<CsvFormat>(format);
  const change = (part: Partial<CsvFormat>) => setWanted({ ...wanted, ...part });
  const again = useMutation({
    mutationFn: () => inspectUpload(project, upload, { format: { ...wanted, names: [] } }),
    onSuccess: (made) => go({ inspection: made.id }),
  });
  const encoding = wanted.encoding ?? 'utf-8';
  return (
    <Panel title="How it is written" note="read again after a change">
      <div className={classes.fields}>
        <NativeSelect
          label="Between values"
          data={DELIMITERS}
          value={wanted.delimiter ?? ','}
          onChange={(event) => change({ delimiter: event.currentTarget.value })}
        />
        <NativeSelect
          label="Encoding"
          data={ENCODINGS.includes(encoding) ? ENCODINGS : [encoding, ...ENCODINGS]}
          value={encoding}
          onChange={(event) => change({ encoding: event.currentTarget.value })}
        />
        <NativeSelect
          label="Decimal mark"
          data={[
            { value: '.', label: 'point, 1.5' },
            { value: ',', label: 'comma, 1,5' },
          ]}
          value={wanted.decimal ?? '.'}
          onChange={(event) => {
            const decimal = event.currentTarget.value === ',' ? ',' : '.';
            change({ decimal, thousands: wanted.thousands === decimal ? '' : wanted.thousands });
          }}
        />
        <Switch
          label="The first row holds names"
          checked={wanted.header ?? true}
          onChange={(event) => change({ header: event.currentTarget.checked })}
        />
      </div>
      <Row>
        <Button variant="default" onClick={() => again.mutate()} loading={again.isPending}>
          Read again
        </Button>
      </Row>
      <ActionError error={again.error ? asApiError(again.error) : null} />
    </Panel>
  );
}
