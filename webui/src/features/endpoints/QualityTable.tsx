import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Quality } from '@/api/types';
import { dayName, number, percent } from '@/lib/format';
import { nameOf, ordered } from '@/lib/metrics';
import { paths } from '@/lib/paths';
import { Button, DataTable, IntervalCell, Meter, None, Panel, type TableColumn } from '@/ui';
import classes from './endpoints.module.css';
import { type QualityRow, reasonText, rowsOf, strays, versionName } from './quality';

const FIRST = 10;

/** Every day and version with its numbers; the first days are open, the rest on demand. */
export function QualityTable({
  project,
  quality,
  right,
}: {
  project: string;
  quality: Quality;
  right: React.ReactNode;
}) {
  const [all, setAll] = useState(false);
  const rows = rowsOf(quality.versions);
  const shown = all ? rows : rows.slice(0, FIRST);
  return (
    <Panel title="By day and version" note={strays(quality.labels)} right={right} flush>
      <DataTable
        label="Realised quality by day and version"
        compact
        rows={shown}
        columns={columns(project, rows)}
        rowKey={(one) => `${one.day} ${versionName(one)}`}
      />
      {rows.length > shown.length && (
        <div className={classes.more}>
          <Button size="sm" variant="subtle" onClick={() => setAll(true)}>
            All {number(rows.length)} rows
          </Button>
        </div>
      )}
    </Panel>
  );
}

function columns(project: string, rows: QualityRow[]): TableColumn<QualityRow>[] {
  const metric = rows[0]?.metric ?? '';
  const others = ordered(rows[0]?.metrics).filter(([name]) => name !== metric && !name.endsWith('_mean'));
  return [
    {
      id: 'day',
      header: 'Day, UTC',
      value: (one) => one.day,
      cell: (one) => <b title={one.day}>{dayName(one.day)}</b>,
    },
    {
      id: 'version',
      header: 'Version',
      value: (one) => one.version,
      cell: (one) => <Link to={paths.version(project, one.model, one.version)}>{versionName(one)}</Link>,
    },
    {
      id: 'predictions',
      header: 'Predictions',
      right: true,
      value: (one) => one.predictions,
      cell: (one) => number(one.predictions),
    },
    { id: 'labelled', header: 'Labelled', value: (one) => one.coverage, cell: (one) => <Labelled row={one} /> },
    {
      id: metric,
      header: nameOf(metric),
      right: true,
      value: (one) => one.metrics[metric]?.value,
      cell: (one) => <Value row={one} metric={metric} />,
    },
    { id: 'interval', header: '95 % interval', cell: (one) => <Interval row={one} metric={metric} rows={rows} /> },
    ...others.map(([name]) => ({
      id: name,
      header: nameOf(name),
      right: true,
      value: (one: QualityRow) => one.metrics[name]?.value,
      cell: (one: QualityRow) => <Value row={one} metric={name} />,
    })),
  ];
}

function Labelled({ row }: { row: QualityRow }) {
  return (
    <span className={classes.labelled}>
      <Meter share={row.coverage} label={`Labelled on ${dayName(row.day)}`} />
      <span>
        {number(row.labelled)}, {percent(row.coverage, 0)}
      </span>
    </span>
  );
}

function Value({ row, metric }: { row: QualityRow; metric: string }) {
  const measured = row.metrics[metric];
  return measured ? number(measured.value, 3) : <None>{reasonText(row.reasons[metric])}</None>;
}

function Interval({ row, metric, rows }: { row: QualityRow; metric: string; rows: QualityRow[] }) {
  const measured = row.metrics[metric];
  if (!measured) return null;
  const known = rows.map((one) => one.metrics[metric]).filter((one) => one != null);
  return (
    <IntervalCell
      marks={[{ role: 'champion', ...measured }]}
      from={Math.min(...known.map((one) => one.low))}
      to={Math.max(...known.map((one) => one.high))}
      label={`${nameOf(metric)} between ${number(measured.low, 3)} and ${number(measured.high, 3)}`}
    />
  );
}
