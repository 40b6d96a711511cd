import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { listFeatureServices } from '@/api/list-feature-services';
import { listFeatureViews } from '@/api/list-feature-views';
import type { FeatureService, FeatureView } from '@/api/types';
import { plural } from '@/lib/format';
import { paths } from '@/lib/paths';
import { asApiError } from '@/lib/problem';
import { useParam, useSearchWord } from '@/lib/route';
import {
  Ago,
  DataTable,
  EmptyState,
  ErrorState,
  Loading,
  Mono,
  None,
  PageHeader,
  Panel,
  Quiet,
  Stack,
  StateWord,
  type TableColumn,
  Tag,
  TextInput,
} from '@/ui';
import { featureNames, matches } from './view';

export default function CataloguePage() {
  const project = useParam('project');
  const [find, setFind] = useSearchWord('find');
  const views = useQuery(listFeatureViews(project));
  const services = useQuery(listFeatureServices(project));
  if (views.error)
    return <ErrorState error={asApiError(views.error)} what="The catalogue" retry={() => void views.refetch()} />;
  if (!views.data) return <Loading rows={8} />;
  const all = views.data.results;
  const shown = all.filter((view) => matches(view, find));
  const served = all.filter((view) => view.spec.entity);
  const features = served.reduce((sum, view) => sum + featureNames(view).length, 0);
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Features' }, { label: 'Catalogue' }]}
        title="Catalogue"
        provenance="Views compute features once; training reads them as they were, endpoints as they are."
      />
      {all.length === 0 ? (
        <EmptyState title="No feature view yet" phase={1} action={{ label: 'Open tables', to: paths.tables(project) }}>
          A view is one SELECT over tables, with keys and an event time. Apply its spec with the command line or the
          API.
        </EmptyState>
      ) : (
        <Stack>
          <Panel
            title={`${plural(features, 'feature')} in ${plural(served.length, 'view')}`}
            note={find ? `${shown.length} shown` : undefined}
            right={
              <TextInput
                aria-label="Find"
                placeholder="Find a view or feature"
                size="xs"
                value={find ?? ''}
                onChange={(event) => setFind(event.currentTarget.value)}
              />
            }
            flush
          >
            <DataTable
              label="Feature views"
              rows={shown}
              columns={viewColumns(project, find)}
              rowKey={(view) => view.id}
              empty={`Nothing is called “${find}”.`}
            />
          </Panel>
          <Services services={services.data?.results ?? []} />
        </Stack>
      )}
    </>
  );
}

function viewColumns(project: string, find: string | undefined): TableColumn<FeatureView>[] {
  return [
    {
      id: 'name',
      header: 'View',
      value: (view) => view.name,
      cell: (view) => <Link to={paths.view(project, view.name)}>{view.name}</Link>,
    },
    {
      id: 'entity',
      header: 'Entity',
      value: (view) => view.spec.entity,
      cell: (view) => (view.spec.entity ? <Mono>{view.spec.entity}</Mono> : <None>intermediate</None>),
    },
    { id: 'features', header: 'Features', width: '34%', cell: (view) => <Quiet>{listed(view, find)}</Quiet> },
    {
      id: 'count',
      header: 'Count',
      right: true,
      value: (view) => featureNames(view).length,
      cell: (view) => featureNames(view).length,
    },
    { id: 'online', header: 'Online', cell: (view) => <Online view={view} /> },
    { id: 'asof', header: 'As of', cell: (view) => <Ago at={view.online_load?.as_of} /> },
    { id: 'version', header: 'Version', cell: (view) => <Mono>{view.version.slice(0, 8)}</Mono> },
  ];
}

function listed(view: FeatureView, find: string | undefined): string {
  const names = featureNames(view);
  const hits = find ? names.filter((name) => name.includes(find)) : names;
  const shown = (hits.length ? hits : names).slice(0, 4);
  return shown.join(', ') + (names.length > shown.length ? ` and ${names.length - shown.length} more` : '');
}

function Online({ view }: { view: FeatureView }) {
  if (view.spec.online === false) return <None>offline only</None>;
  if (!view.online_load) return <StateWord as="empty">Not loaded</StateWord>;
  return <StateWord as="succeeded">Loaded</StateWord>;
}

function Services({ services }: { services: FeatureService[] }) {
  return (
    <Panel title="Feature services" note="the exact features that model versions are pinned to" flush>
      <DataTable
        label="Feature services"
        rows={services}
        rowKey={(service) => service.id}
        empty="No service yet: one is needed for a training set."
        columns={[
          { id: 'name', header: 'Service', cell: (service) => <b>{service.name}</b> },
          { id: 'count', header: 'Features', right: true, cell: (service) => service.features?.length ?? <None /> },
          {
            id: 'views',
            header: 'Views',
            cell: (service) => (
              <span style={{ display: 'inline-flex', flexWrap: 'wrap', gap: 4, padding: '6px 0' }}>
                {[...new Set(service.spec.views.map((view) => view.split(':')[0]))].map((view) => (
                  <Tag key={view}>{view}</Tag>
                ))}
              </span>
            ),
          },
          { id: 'at', header: 'Created', right: true, cell: (service) => <Ago at={service.created_at} /> },
        ]}
      />
    </Panel>
  );
}
