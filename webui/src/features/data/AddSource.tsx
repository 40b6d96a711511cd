import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { createSource } from '@/api/create-source';
import { upload } from '@/api/upload';
import { bytes } from '@/lib/format';
import { asApiError } from '@/lib/problem';
import { ActionError, Button, Quiet, Row, Select, Sheet, TextInput } from '@/ui';

type BadRow = 'fail' | 'skip';

/** Uploads a CSV file and registers it as a source; the schema is inferred when it is ingested. */
export function AddSource({ project, open, onClose }: { project: string; open: boolean; onClose: () => void }) {
  const [name, setName] = useState('');
  const [file, setFile] = useState<File | null>(null);
  const [badRows, setBadRows] = useState<BadRow>('fail');
  const queries = useQueryClient();
  const add = useMutation({
    mutationFn: async (chosen: File) => {
      const stored = await upload(project, chosen);
      return createSource(project, { name, spec: { upload: stored.digest, format: { on_bad_row: badRows } } });
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['project', project] });
      onClose();
    },
  });
  const error = add.error ? asApiError(add.error) : null;
  const foot = (
    <>
      <Button variant="subtle" onClick={onClose}>
        Cancel
      </Button>
      <Button onClick={() => file && add.mutate(file)} loading={add.isPending} disabled={!name || !file}>
        Add source
      </Button>
    </>
  );
  return (
    <Sheet
      open={open}
      onClose={onClose}
      title="Add source"
      note="CSV, or a zip with one CSV. Nothing is read before you ingest it."
      foot={foot}
    >
      <TextInput
        label="Name"
        description="Small letters, digits, - and _. Its table has the same name."
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        error={error?.at('/name')}
      />
      <Row>
        <Button component="label" variant="default">
          Choose file
          <input
            type="file"
            accept=".csv,.zip"
            hidden
            onChange={(event) => setFile(event.currentTarget.files?.[0] ?? null)}
          />
        </Button>
        <Quiet>{file ? `${file.name}, ${bytes(file.size)}` : 'no file chosen'}</Quiet>
      </Row>
      <Select
        label="A row that cannot be read"
        data={[
          { value: 'fail', label: 'fails the ingest' },
          { value: 'skip', label: 'is counted and left out' },
        ]}
        value={badRows}
        onChange={(value) => setBadRows(value === 'skip' ? 'skip' : 'fail')}
        allowDeselect={false}
      />
      <ActionError error={error} />
    </Sheet>
  );
}
