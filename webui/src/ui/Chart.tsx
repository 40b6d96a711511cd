import { useComputedColorScheme } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { brief } from '@/lib/format';
import type { ChartOption } from './Canvas';
import classes from './Chart.module.css';
import { Panel } from './Panel';
import { dark, light, type Tokens } from './theme';

export type { ChartOption, Tokens };

const Canvas = lazy(() => import('./Canvas'));

interface ChartProps {
  title: string;
  note?: React.ReactNode;
  /** Direct legend, drawn beside the title. */
  legend?: React.ReactNode;
  height?: number;
  /** The same data for readers of the table and of the CSV file. */
  columns: string[];
  rows: (string | number | null)[][];
  draw: (tokens: Tokens) => ChartOption;
  bare?: boolean;
}

/** A chart whose heading says the finding, with its numbers as table and CSV. Size is fixed before data comes. */
export function Chart({ title, note, legend, height = 220, columns, rows, draw, bare = false }: ChartProps) {
  const [table, setTable] = useState(false);
  const scheme = useComputedColorScheme('light');
  const body = table ? (
    <NumbersTable title={title} columns={columns} rows={rows} height={height} />
  ) : (
    <Suspense fallback={<div style={{ height }} />}>
      <Canvas height={height} option={draw(scheme === 'dark' ? dark : light)} scheme={scheme} label={title} />
    </Suspense>
  );
  const tools = (
    <>
      {legend}
      <button type="button" className={classes.tool} aria-pressed={table} onClick={() => setTable(!table)}>
        Table
      </button>
      <button type="button" className={classes.tool} onClick={() => save(title, columns, rows)}>
        CSV
      </button>
    </>
  );
  return (
    <Panel title={title} note={note} right={tools} className={bare ? classes.bare : undefined}>
      {body}
    </Panel>
  );
}

function NumbersTable({
  title,
  columns,
  rows,
  height,
}: {
  title: string;
  columns: string[];
  rows: (string | number | null)[][];
  height: number;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard
    <section className={classes.numbers} style={{ height }} tabIndex={0} aria-label={`${title}, as a table`}>
      <table>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, place) => (
            <tr key={place}>
              {row.map((value, at) => (
                <td key={at}>{brief(value)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function save(title: string, columns: string[], rows: (string | number | null)[][]): void {
  const quote = (value: string | number | null) => (value === null ? '' : `"${String(value).replaceAll('"', '""')}"`);
  const text = [columns, ...rows].map((row) => row.map(quote).join(',')).join('\n');
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
  link.download = `${title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}.csv`;
  link.click();
  URL.revokeObjectURL(link.href);
}

/** Legend of roles or series beside a chart's title. */
export function Legend({
  items,
}: {
  items: { name: string; mark: 'line' | 'dash' | 'dot' | 'ring' | 'cross'; tone: string }[];
}) {
  return (
    <span className={classes.legend}>
      {items.map((item) => (
        <span key={item.name}>
          <i data-mark={item.mark} style={{ color: `var(--${item.tone})` }} /> {item.name}
        </span>
      ))}
    </span>
  );
}
