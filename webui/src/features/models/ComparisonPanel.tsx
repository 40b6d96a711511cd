import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { compareVersion } from '@/api/compare-version';
import { listComparisons } from '@/api/list-comparisons';
import type { ModelVersionDetail, VersionComparison } from '@/api/types';
import { brief, delta } from '@/lib/format';
import { lowerIsBetter, nameOf } from '@/lib/metrics';
import { paths } from '@/lib/paths';
import { asApiError } from '@/lib/problem';
import {
  ActionError,
  Allowed,
  Button,
  DataTable,
  ErrorState,
  IntervalCell,
  Loading,
  None,
  Panel,
  RoleMark,
  StateBadge,
} from '@/ui';
import { type MetricLine, metricLines, scale, verdict } from './comparison';

const OPEN = new Set(['queued', 'running']);

/** The version against the champion, both asked about the same rows; nothing for the champion itself. */
export function ComparisonPanel({ project, version }: { project: string; version: ModelVersionDetail }) {
  const found = useQuery({
    ...listComparisons(project, version.model, version.version),
    refetchInterval: (query) => (OPEN.has(query.state.data?.results[0]?.state ?? '') ? 1_000 : false),
  });
  const newest = found.data?.results[0];
  if (found.error)
    return <ErrorState error={asApiError(found.error)} what="The comparison" retry={() => void found.refetch()} />;
  if (!found.data) return <Loading rows={3} />;
  if (!newest) return version.aliases.includes('champion') ? null : <Compare project={project} version={version} />;
  return <Compared project={project} one={newest} />;
}

function Compare({ project, version }: { project: string; version: ModelVersionDetail }) {
  const queries = useQueryClient();
  const start = useMutation({
    mutationFn: () => compareVersion(project, version.model, version.version),
    onSettled: () => queries.invalidateQueries({ queryKey: ['project', project, 'models', version.model] }),
  });
  const button = (
    <Allowed project={project} action="edit" quiet>
      <Button size="sm" variant="default" onClick={() => start.mutate()} loading={start.isPending}>
        Compare with champion
      </Button>
    </Allowed>
  );
  return (
    <Panel title="Not compared with the champion yet" note="on the hold-out of this version" right={button}>
      {start.error ? (
        <ActionError error={asApiError(start.error)} />
      ) : (
        <None>Both versions are asked about the same rows, as they are served.</None>
      )}
    </Panel>
  );
}

function Compared({ project, one }: { project: string; one: VersionComparison }) {
  const roles = (
    <span>
      <RoleMark as="candidate" /> v{one.challenger} <RoleMark as="champion" /> v{one.champion}
    </span>
  );
  if (one.state !== 'succeeded')
    return (
      <Panel title={verdict(one)} right={<StateBadge state={one.state} />}>
        {one.problem ? `${one.problem.detail} ` : null}
        <Link to={paths.job(project, one.job)}>the job that compares</Link>
      </Panel>
    );
  const gain = one.difference?.gain;
  const note = gain && `paired gain from ${delta(gain.low)} to ${delta(gain.high)}, hold-out of ${one.training_set}`;
  return (
    <Panel title={verdict(one)} note={note} right={roles} flush>
      <DataTable
        label="Metrics of both versions"
        compact
        rows={metricLines(one)}
        columns={COLUMNS}
        rowKey={(it) => it.name}
      />
    </Panel>
  );
}

const COLUMNS = [
  {
    id: 'name',
    header: 'Metric',
    cell: (line: MetricLine) => `${nameOf(line.name)}, ${lowerIsBetter(line.name) ? 'lower' : 'higher'} is better`,
  },
  {
    id: 'interval',
    header: '95 % interval',
    width: 220,
    cell: (line: MetricLine) => (
      <IntervalCell
        marks={line.marks}
        {...scale(line.marks)}
        label={`${nameOf(line.name)} ${brief(line.challenger)}, the champion's ${brief(line.champion)}`}
      />
    ),
  },
  { id: 'challenger', header: 'Challenger', right: true, cell: (line: MetricLine) => <b>{brief(line.challenger)}</b> },
  { id: 'champion', header: 'Champion', right: true, cell: (line: MetricLine) => brief(line.champion) },
];
