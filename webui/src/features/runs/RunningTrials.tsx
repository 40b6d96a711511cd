import { useQuery } from '@tanstack/react-query';
import { listTrials } from '@/api/list-trials';
import type { Study } from '@/api/types';
import { brief } from '@/lib/format';
import { nameOf } from '@/lib/metrics';
import { DataTable, Panel, Spark } from '@/ui';
import { lastValue } from './trials';

export function RunningTrials({ project, run, study }: { project: string; run: string; study: Study }) {
  const trials = useQuery(listTrials(project, run));
  const running = (trials.data?.results ?? []).filter((trial) => trial.state === 'running');
  return (
    <Panel title="Running trials" note={String(running.length)} flush>
      <DataTable
        label="Running trials"
        rows={running}
        rowKey={(trial) => String(trial.number)}
        empty="No trial runs now."
        columns={[
          { id: 'number', header: 'Trial', cell: (trial) => trial.number },
          {
            id: 'curve',
            header: 'Validation',
            cell: (trial) => <Spark values={trial.reports.map((report) => report[1] ?? 0)} height={24} />,
          },
          { id: 'round', header: 'Round', right: true, cell: (trial) => trial.reports.at(-1)?.[0] ?? 0 },
          { id: 'value', header: nameOf(study.metric), right: true, cell: (trial) => brief(lastValue(trial)) },
        ]}
      />
    </Panel>
  );
}
