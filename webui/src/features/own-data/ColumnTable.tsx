import type { ColumnGuess, SourceColumn } from '@/api/types';
import { number, percent } from '@/lib/format';
import { DataTable, Mono, NativeSelect, None, Quiet } from '@/ui';

interface Props {
  guesses: ColumnGuess[];
  columns: SourceColumn[];
  onChange: (columns: SourceColumn[]) => void;
}

/** The columns with the guessed type and every other that their values allow. */
export function ColumnTable({ guesses, columns, onChange }: Props) {
  const choose = (guess: ColumnGuess, label: string) => {
    const reading = guess.readings.find((one) => one.label === label);
    if (reading) onChange(columns.map((column) => (column.name === guess.name ? reading.column : column)));
  };
  return (
    <DataTable
      label="Columns of the file"
      rows={guesses}
      rowKey={(guess) => guess.name}
      columns={[
        {
          id: 'name',
          header: 'Column',
          cell: (guess) => (
            <>
              <Mono>{guess.name}</Mono>
              {guess.header !== guess.name && (
                <>
                  <br />
                  <Quiet>{guess.header}</Quiet>
                </>
              )}
            </>
          ),
        },
        {
          id: 'type',
          header: 'Read as',
          width: 220,
          cell: (guess) => (
            <NativeSelect
              aria-label={`Type of ${guess.name}`}
              data={guess.readings.map((reading) => reading.label)}
              value={labelOf(guess, columns)}
              onChange={(event) => choose(guess, event.currentTarget.value)}
            />
          ),
        },
        {
          id: 'examples',
          header: 'Examples',
          cell: (guess) =>
            guess.examples.length ? <Quiet>{guess.examples.slice(0, 3).join(' · ')}</Quiet> : <None>only nulls</None>,
        },
        { id: 'nulls', header: 'Null', right: true, cell: (guess) => percent(guess.nulls) },
        { id: 'distinct', header: 'Different', right: true, cell: (guess) => number(guess.distinct) },
      ]}
    />
  );
}

function labelOf(guess: ColumnGuess, columns: SourceColumn[]): string {
  const column = columns.find((one) => one.name === guess.name);
  const same = (other: SourceColumn) =>
    other.type === column?.type && String(other.formats ?? []) === String(column?.formats ?? []);
  return guess.readings.find((reading) => same(reading.column))?.label ?? '';
}
