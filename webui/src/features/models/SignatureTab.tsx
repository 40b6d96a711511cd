import type { Signature } from '@/api/types';
import { Code, Columns, DataTable, Mono, None, Panel, Stack } from '@/ui';

export function SignatureTab({ signature }: { signature: Signature }) {
  const asked = [
    ...signature.keys.map((key) => ({ ...key, kind: 'key' })),
    ...signature.request.map((field) => ({
      ...field,
      kind: field.name === signature.event_time ? 'request, the record’s time' : 'request',
    })),
  ];
  return (
    <Columns>
      <Panel title="Inputs of the model" note={`${signature.inputs.length}, in order`} flush>
        <DataTable
          label="Inputs of the model"
          compact
          rows={signature.inputs}
          rowKey={(input) => input.name}
          columns={[
            { id: 'name', header: 'Input', cell: (input) => <Mono>{input.name}</Mono> },
            { id: 'type', header: 'Type', cell: (input) => <Mono>{input.type}</Mono> },
            {
              id: 'origin',
              header: 'From',
              value: (input) => input.view ?? input.origin,
              cell: (input) => input.view ?? input.origin,
            },
            {
              id: 'more',
              header: 'Categories',
              right: true,
              cell: (input) => (input.categories ? input.categories.length : <None>–</None>),
            },
          ]}
        />
      </Panel>
      <Stack>
        <Panel title="What a caller sends" flush>
          <DataTable
            label="What a caller sends"
            rows={asked}
            rowKey={(field) => field.name}
            columns={[
              { id: 'name', header: 'Field', cell: (field) => <Mono>{field.name}</Mono> },
              { id: 'type', header: 'Type', cell: (field) => <Mono>{field.type}</Mono> },
              { id: 'kind', header: 'Kind', cell: (field) => field.kind },
            ]}
          />
        </Panel>
        <Panel title="Sample" note={`answers one ${signature.output}`}>
          <Code label="Sample request">{JSON.stringify(signature.sample, null, 2)}</Code>
        </Panel>
      </Stack>
    </Columns>
  );
}
