import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { computeFeatureView } from '@/api/compute-feature-view';
import { getFeatureView } from '@/api/get-feature-view';
import { getTable } from '@/api/get-table';
import { getTableProfile } from '@/api/get-table-profile';
import type { FeatureView, TableVersion } from '@/api/types';
import { number } from '@/lib/format';
import { paths } from '@/lib/paths';
import { asApiError } from '@/lib/problem';
import { useParam } from '@/lib/route';
import {
  ActionError,
  Ago,
  Allowed,
  Button,
  Code,
  Columns,
  CopyAs,
  ErrorState,
  Facts,
  Loading,
  Mono,
  None,
  Origin,
  PageHeader,
  Panel,
  Stack,
  StateBadge,
} from '@/ui';
import { ProfileTable } from '@/ui/ProfileTable';
import { LoadPanel } from './LoadPanel';
import { ReadKey } from './ReadKey';
import { featureNames } from './view';

export default function ViewPage() {
  const project = useParam('project');
  const name = useParam('view');
  const view = useQuery(getFeatureView(project, name));
  const table = useQuery({ ...getTable(project, name), enabled: view.isSuccess, retry: false });
  if (view.error)
    return <ErrorState error={asApiError(view.error)} what="This view" retry={() => void view.refetch()} />;
  if (!view.data) return <Loading rows={10} />;
  return <ViewBody project={project} view={view.data} version={table.data?.current ?? null} />;
}

function ViewBody({ project, view, version }: { project: string; view: FeatureView; version: TableVersion | null }) {
  const { spec } = view;
  const names = featureNames(view);
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Features' }, { label: 'Catalogue', to: paths.features(project) }]}
        title={view.name}
        mono
        badges={<Badges view={view} version={version} />}
        actions={<Compute project={project} view={view} />}
        provenance={
          <>
            {spec.description && <Origin>{spec.description}</Origin>}
            {spec.entity && (
              <Origin name="Entity" mono>
                {spec.entity}
              </Origin>
            )}
            <Origin name="Version" mono>
              {view.version}
            </Origin>
            {view.owner && <Origin name="Owner">{view.owner}</Origin>}
            {version && (
              <Origin name="Table" mono to={paths.table(project, view.name)}>
                {`${view.name} v${version.number}`}
              </Origin>
            )}
          </>
        }
      />
      <Columns>
        <Stack>
          <Panel title="Definition" note="one text, compiled for Spark">
            <Code label="SQL of the view">{spec.sql.trim()}</Code>
          </Panel>
          {spec.aggregates && spec.aggregates.length > 0 && <Aggregates view={view} />}
          {version && <Profile project={project} view={view} version={version} names={names} />}
        </Stack>
        <Stack>
          <LoadPanel project={project} view={view} />
          {spec.online !== false && view.online_load && <ReadKey project={project} view={view} />}
          <Panel title="Made from">
            <Facts
              items={[
                ['Sources', <Mono key="sources">{spec.sources.join(', ')}</Mono>],
                ['Event time', spec.event_time ? <Mono key="event">{spec.event_time}</Mono> : <None key="event" />],
                ['Known at', <Mono key="known">{spec.created_time ?? spec.event_time ?? 'none'}</Mono>],
                ['Hop', spec.aggregates?.length ? (spec.hop ?? '1h') : <None key="hop" />],
                ['Kept online', spec.ttl ?? 'for ever'],
                ['Rows', number(version?.rows)],
                ['Computed', <Ago key="at" at={version?.created_at} />],
              ]}
            />
          </Panel>
        </Stack>
      </Columns>
    </>
  );
}

function Badges({ view, version }: { view: FeatureView; version: TableVersion | null }) {
  return (
    <>
      {version ? <StateBadge as="succeeded">Offline</StateBadge> : <StateBadge as="empty">Not computed</StateBadge>}
      {view.spec.online !== false &&
        (view.online_load ? <StateBadge as="live">Online</StateBadge> : <StateBadge as="empty">Not loaded</StateBadge>)}
    </>
  );
}

function Compute({ project, view }: { project: string; view: FeatureView }) {
  const queries = useQueryClient();
  const compute = useMutation({
    mutationFn: () => computeFeatureView(project, view.name),
    onSettled: () => queries.invalidateQueries({ queryKey: ['project', project] }),
  });
  return (
    <>
      <ActionError error={compute.error ? asApiError(compute.error) : null} />
      <CopyAs request={{ method: 'POST', path: `/api/v1/projects/${project}/feature-views/${view.name}/compute` }} />
      <Allowed project={project} action="edit">
        <Button variant="default" onClick={() => compute.mutate()} loading={compute.isPending}>
          Compute now
        </Button>
      </Allowed>
    </>
  );
}

function Aggregates({ view }: { view: FeatureView }) {
  const lines = view.spec.aggregates ?? [];
  return (
    <Panel title="Windows" note={`one feature per window; a value at t covers the hops that are over at t`}>
      <Facts
        items={lines.map((line) => [
          line.name,
          <Mono key={line.name}>{`${line.function}(${line.column}) over ${line.windows.join(', ')}`}</Mono>,
        ])}
      />
    </Panel>
  );
}

function Profile({
  project,
  view,
  version,
  names,
}: {
  project: string;
  view: FeatureView;
  version: TableVersion;
  names: string[];
}) {
  const profile = useQuery(getTableProfile(project, view.name, version.id));
  if (profile.error) return <ErrorState error={asApiError(profile.error)} what="The profile" />;
  if (!profile.data) return <Loading />;
  const own = profile.data.columns.filter((column) => names.length === 0 || names.includes(column.name));
  return (
    <Panel title="Features" note={`${own.length}, over ${number(version.rows)} rows`} flush>
      <ProfileTable columns={own} rows={version.rows} />
    </Panel>
  );
}
