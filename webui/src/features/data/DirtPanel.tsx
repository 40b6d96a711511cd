import type { TableVersion } from '@/api/types';
import { number, percent, plural, words } from '@/lib/format';
import { DataTable, Mono, None, Panel, Stack, StateWord } from '@/ui';
import { dirtyValues } from './dirt';

/** What could not be used as it was, with its reason: counted, never dropped silently. */
export function DirtPanel({ version }: { version: TableVersion }) {
  const total = dirtyValues(version.dirt);
  const title = total === 0 ? 'No wrong value was found' : `${plural(total, 'wrong value')} counted`;
  const { samples } = version;
  return (
    <Stack>
      <Panel title={title} note={`${number(version.rows)} rows kept, ${number(version.rows_skipped)} left out`} flush>
        <DataTable
          label="Dirt by reason and column"
          rows={version.dirt}
          rowKey={(line) => `${line.reason}-${line.column ?? ''}`}
          empty="Every value has the type and the range its column declares."
          columns={[
            {
              id: 'reason',
              header: 'Reason',
              cell: (line) => (
                <StateWord as={line.reason === 'null' ? 'empty' : 'drift'}>{words(line.reason)}</StateWord>
              ),
            },
            {
              id: 'column',
              header: 'Column',
              cell: (line) => (line.column ? <Mono>{line.column}</Mono> : <None>whole row</None>),
            },
            {
              id: 'rows',
              header: 'Values',
              right: true,
              value: (line) => line.rows,
              cell: (line) => number(line.rows),
            },
            {
              id: 'share',
              header: 'Of rows',
              right: true,
              cell: (line) => percent(line.rows / Math.max(1, version.rows), 2),
            },
            {
              id: 'fate',
              header: 'What became of them',
              cell: (line) => (line.left_out ? 'row left out' : 'kept as it is'),
            },
          ]}
        />
      </Panel>
      {samples.length > 0 && (
        <Panel title="Examples" note="where they stand in the file" flush>
          <DataTable
            label="Examples of dirt"
            compact
            rows={samples.map((sample, place) => ({ ...sample, place }))}
            rowKey={(sample) => String(sample.place)}
            columns={[
              { id: 'row', header: 'Row', right: true, width: 90, cell: (sample) => number(sample.row) },
              {
                id: 'column',
                header: 'Column',
                cell: (sample) => (sample.column ? <Mono>{sample.column}</Mono> : <None>whole row</None>),
              },
              {
                id: 'got',
                header: 'Found',
                cell: (sample) => (sample.got == null ? <None /> : <Mono>{sample.got}</Mono>),
              },
              { id: 'detail', header: 'Why', cell: (sample) => sample.detail },
            ]}
          />
        </Panel>
      )}
    </Stack>
  );
}
