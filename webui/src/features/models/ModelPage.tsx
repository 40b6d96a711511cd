import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { getModel } from '@/api/get-model';
import { listModelVersions } from '@/api/list-model-versions';
import type { ModelVersion } from '@/api/types';
import { brief, short, words } from '@/lib/format';
import { leading, nameOf } from '@/lib/metrics';
import { paths } from '@/lib/paths';
import { asApiError } from '@/lib/problem';
import { useParam } from '@/lib/route';
import {
  Ago,
  Allowed,
  Button,
  DataTable,
  EmptyState,
  ErrorState,
  IntervalCell,
  Loading,
  Mono,
  None,
  Origin,
  PageHeader,
  Panel,
  Row,
  type TableColumn,
} from '@/ui';
import { AliasTag } from './AliasTag';

export default function ModelPage() {
  const project = useParam('project');
  const name = useParam('model');
  const model = useQuery(getModel(project, name));
  const versions = useQuery({ ...listModelVersions(project, name), refetchInterval: 10_000 });
  const error = model.error ?? versions.error;
  if (error) return <ErrorState error={asApiError(error)} what="This model" retry={() => void model.refetch()} />;
  if (!model.data || !versions.data) return <Loading />;
  const rows = versions.data.results.toSorted((a, b) => b.version - a.version);
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Train' }, { label: 'Models', to: paths.models(project) }]}
        title={model.data.name}
        badges={model.data.aliases.map((alias) => (
          <AliasTag key={alias.name} name={alias.name} version={alias.version} />
        ))}
        provenance={
          <>
            {model.data.description && <Origin>{model.data.description}</Origin>}
            <Origin name="Task">{words(model.data.task)}</Origin>
            <Origin name="Created">
              <Ago at={model.data.created_at} />
            </Origin>
          </>
        }
      />
      {rows.length === 0 ? (
        <EmptyState title="No version yet" phase={2} action={{ label: 'Open runs', to: paths.runs(project) }}>
          Open a finished run and register it. Packaging takes a few seconds; the version then stands here.
        </EmptyState>
      ) : (
        <Panel title="Versions" note={String(rows.length)} flush>
          <DataTable label="Versions" rows={rows} columns={columns(project, rows)} rowKey={(version) => version.id} />
        </Panel>
      )}
    </>
  );
}

function columns(project: string, rows: ModelVersion[]): TableColumn<ModelVersion>[] {
  const ends = rows.flatMap((version) => {
    const lead = leading(version.metrics.test);
    return lead ? [lead.low ?? lead.value, lead.high ?? lead.value] : [];
  });
  return [
    {
      id: 'version',
      header: 'Version',
      value: (version) => version.version,
      cell: (version) => (
        <Link to={paths.version(project, version.model, version.version)}>{`v${version.version}`}</Link>
      ),
    },
    {
      id: 'aliases',
      header: 'Aliases',
      cell: (version) =>
        version.aliases.length ? (
          <Row>
            {version.aliases.map((alias) => (
              <AliasTag key={alias} name={alias} />
            ))}
          </Row>
        ) : (
          <None />
        ),
    },
    { id: 'trainer', header: 'Trainer', cell: (version) => words(version.trainer) },
    {
      id: 'run',
      header: 'Run',
      cell: (version) => <Link to={paths.run(project, version.training_run_name)}>{version.training_run_name}</Link>,
    },
    {
      id: 'interval',
      header: 'Hold-out, 95 % interval',
      width: 220,
      cell: (version) => <Interval version={version} from={Math.min(...ends)} to={Math.max(...ends)} />,
    },
    {
      id: 'value',
      header: 'Value',
      right: true,
      value: (version) => leading(version.metrics.test)?.value,
      cell: (version) => <Lead version={version} />,
    },
    { id: 'bundle', header: 'Bundle', cell: (version) => <Mono>{short(version.bundle)}</Mono> },
    {
      id: 'at',
      header: 'Registered',
      right: true,
      value: (version) => version.created_at,
      cell: (version) => <Ago at={version.created_at} />,
    },
    {
      id: 'deploy',
      header: '',
      right: true,
      cell: (version) =>
        version.allowed_actions.includes('deploy') ? (
          <Button
            component="a"
            size="sm"
            variant="default"
            href={`${paths.version(project, version.model, version.version)}?deploy=plan`}
          >
            Deploy
          </Button>
        ) : (
          <Allowed project={project} action="deploy" quiet>
            <Button size="sm" variant="default">
              Deploy
            </Button>
          </Allowed>
        ),
    },
  ];
}

function Interval({ version, from, to }: { version: ModelVersion; from: number; to: number }) {
  const lead = leading(version.metrics.test);
  if (!lead) return <None />;
  const role = version.aliases.includes('champion') ? 'champion' : 'candidate';
  return (
    <IntervalCell
      marks={[{ role, ...lead }]}
      from={from}
      to={to}
      label={`${nameOf(lead.metric)} ${brief(lead.value)}`}
    />
  );
}

function Lead({ version }: { version: ModelVersion }) {
  const lead = leading(version.metrics.test);
  if (!lead) return <None />;
  return (
    <>
      {nameOf(lead.metric)} <b>{brief(lead.value)}</b>
    </>
  );
}
