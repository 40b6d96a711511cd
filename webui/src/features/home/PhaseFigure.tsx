import { useQuery } from '@tanstack/react-query';
import { listTables } from '@/api/list-tables';
import { listTrainingRuns } from '@/api/list-training-runs';
import { brief } from '@/lib/format';
import { bestOf, nameOf } from '@/lib/metrics';
import { Histogram, Quiet } from '@/ui';
import classes from './HomePage.module.css';

/** The one small figure under a phase, where its lists hold one. */
export function PhaseFigure({ project, phase }: { project: string; phase: string }) {
  if (phase === 'data') return <Rows project={project} />;
  if (phase === 'train') return <Best project={project} />;
  return null;
}

function Rows({ project }: { project: string }) {
  const tables = useQuery(listTables(project));
  const rows = (tables.data?.results ?? []).map((table) => table.current?.rows ?? 0);
  if (rows.length < 2) return null;
  return (
    <div className={classes.figure}>
      <Histogram values={rows.map((count) => Math.log10(count + 1))} height={24} label="Rows per table, logarithmic" />
    </div>
  );
}

function Best({ project }: { project: string }) {
  const runs = useQuery(listTrainingRuns(project));
  const best = bestOf(runs.data?.results ?? []);
  if (best.length === 0) return null;
  return (
    <div className={classes.figure}>
      {best.map((one) => (
        <div key={one.metric}>
          <Quiet>
            best hold-out {nameOf(one.metric)} <b>{brief(one.value)}</b>, {one.run}
          </Quiet>
        </div>
      ))}
    </div>
  );
}
