import type { ModelVersionDetail } from '@/api/types';
import { bytes, words } from '@/lib/format';
import { Code, Columns, DataTable, Facts, Mono, None, Panel, Stack } from '@/ui';

export function BundleTab({ version }: { version: ModelVersionDetail }) {
  const { stamps } = version;
  return (
    <Columns>
      <Stack>
        <Panel title="Files" note={`sha256 ${version.bundle}`} flush>
          <DataTable
            label="Files of the bundle"
            rows={version.files}
            rowKey={(file) => file.path}
            columns={[
              { id: 'path', header: 'File', cell: (file) => <Mono>{file.path}</Mono> },
              { id: 'size', header: 'Size', right: true, cell: (file) => bytes(file.size) },
              { id: 'sha', header: 'sha256', cell: (file) => <Mono>{file.sha256}</Mono> },
            ]}
          />
        </Panel>
        <Panel title="Environment" note="what the model was made with">
          <Code label="Environment">{JSON.stringify(stamps.environment ?? {}, null, 2)}</Code>
        </Panel>
      </Stack>
      <Stack>
        <Panel title="Stamps">
          <Facts
            items={[
              ['Code', <Mono key="code">{stamps.code || 'none'}</Mono>],
              ['Training set', <Mono key="set">{stamps.training_set}</Mono>],
              ['Run', <Mono key="run">{stamps.training_run}</Mono>],
              ['Made by', stamps.created_by || <None key="by" />],
              ...Object.entries(stamps.data ?? {}).map(([table, snapshot]): [string, React.ReactNode] => [
                table,
                <Mono key={table}>{String(snapshot)}</Mono>,
              ]),
            ]}
          />
        </Panel>
        <Panel title="Measured while packaging">
          <Facts
            items={Object.entries(version.measured).map(([name, value]) => [
              words(name),
              name.includes('bytes') ? bytes(value) : String(value),
            ])}
          />
        </Panel>
      </Stack>
    </Columns>
  );
}
