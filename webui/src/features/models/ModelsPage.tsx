import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { listModels } from '@/api/list-models';
import type { Model } from '@/api/types';
import { words } from '@/lib/format';
import { paths } from '@/lib/paths';
import { asApiError } from '@/lib/problem';
import { useParam } from '@/lib/route';
import { Ago, DataTable, EmptyState, ErrorState, Loading, None, PageHeader, Panel, Row, type TableColumn } from '@/ui';
import { AliasTag } from './AliasTag';

export default function ModelsPage() {
  const project = useParam('project');
  const models = useQuery(listModels(project));
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Train' }, { label: 'Models' }]}
        title="Models"
        provenance="Lines of immutable versions, each one bundle with signature, golden rows and stamps."
      />
      {models.error ? (
        <ErrorState error={asApiError(models.error)} what="The list of models" retry={() => void models.refetch()} />
      ) : !models.data ? (
        <Loading />
      ) : models.data.results.length === 0 ? (
        <EmptyState title="No model yet" phase={2} action={{ label: 'Open runs', to: paths.runs(project) }}>
          Register a finished run, and its files become version 1 of a model.
        </EmptyState>
      ) : (
        <Panel title="All models" note={String(models.data.results.length)} flush>
          <DataTable
            label="Models"
            rows={models.data.results}
            columns={columns(project)}
            rowKey={(model) => model.id}
          />
        </Panel>
      )}
    </>
  );
}

function columns(project: string): TableColumn<Model>[] {
  return [
    {
      id: 'name',
      header: 'Model',
      value: (model) => model.name,
      cell: (model) => <Link to={paths.model(project, model.name)}>{model.name}</Link>,
    },
    { id: 'task', header: 'Task', value: (model) => model.task, cell: (model) => words(model.task) },
    {
      id: 'aliases',
      header: 'Aliases',
      cell: (model) =>
        model.aliases.length === 0 ? (
          <None />
        ) : (
          <Row>
            {model.aliases.map((alias) => (
              <AliasTag key={alias.name} name={alias.name} version={alias.version} />
            ))}
          </Row>
        ),
    },
    {
      id: 'latest',
      header: 'Newest',
      right: true,
      value: (model) => model.latest_version,
      cell: (model) => (model.latest_version === null ? <None /> : `v${model.latest_version}`),
    },
    { id: 'about', header: 'About', cell: (model) => model.description || <None /> },
    {
      id: 'at',
      header: 'Created',
      right: true,
      value: (model) => model.created_at,
      cell: (model) => <Ago at={model.created_at} />,
    },
  ];
}
