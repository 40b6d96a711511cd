import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getModelVersion } from '@/api/get-model-version';
import { listEndpoints } from '@/api/list-endpoints';
import { putAlias } from '@/api/put-alias';
import type { ModelVersionDetail } from '@/api/types';
import { milliseconds, short, words } from '@/lib/format';
import { paths } from '@/lib/paths';
import { asApiError } from '@/lib/problem';
import { useParam, useSearchWord } from '@/lib/route';
import {
  ActionError,
  Ago,
  Allowed,
  Button,
  ErrorState,
  Loading,
  Origin,
  PageHeader,
  PageTabs,
  Stack,
  StateBadge,
  Tag,
} from '@/ui';
import { ReportView } from '@/ui/report/ReportView';
import { AliasTag } from './AliasTag';
import { BundleTab } from './BundleTab';
import { ComparisonPanel } from './ComparisonPanel';
import { DeploySheet } from './DeploySheet';
import { SignatureTab } from './SignatureTab';

export default function VersionPage() {
  const project = useParam('project');
  const name = useParam('model');
  const number = useParam('version');
  const version = useQuery(getModelVersion(project, name, number));
  if (version.error)
    return <ErrorState error={asApiError(version.error)} what="This version" retry={() => void version.refetch()} />;
  if (!version.data) return <Loading rows={12} />;
  return <VersionBody project={project} version={version.data} />;
}

function VersionBody({ project, version }: { project: string; version: ModelVersionDetail }) {
  const [tab, setTab] = useSearchWord('tab');
  const [deploy, setDeploy] = useSearchWord('deploy');
  const chosen = tab ?? 'report';
  return (
    <>
      <PageHeader
        crumbs={[
          { label: 'Train' },
          { label: 'Models', to: paths.models(project) },
          { label: version.model, to: paths.model(project, version.model) },
        ]}
        title={`${version.model} v${version.version}`}
        badges={<Badges project={project} version={version} />}
        actions={<Actions project={project} version={version} onDeploy={() => setDeploy('plan')} />}
        provenance={<Provenance project={project} version={version} />}
        tabs={
          <PageTabs
            value={chosen}
            onChange={(value) => setTab(value === 'report' ? undefined : value)}
            tabs={[
              ['report', 'Report'],
              ['signature', 'Signature', version.signature.inputs.length],
              ['bundle', 'Bundle', version.files.length],
            ]}
          />
        }
      />
      {chosen === 'report' && (
        <Stack>
          <ComparisonPanel project={project} version={version} />
          <ReportView project={project} run={version.training_run_name} />
        </Stack>
      )}
      {chosen === 'signature' && <SignatureTab signature={version.signature} />}
      {chosen === 'bundle' && <BundleTab version={version} />}
      <DeploySheet project={project} version={version} open={deploy === 'plan'} onClose={() => setDeploy(undefined)} />
    </>
  );
}

function Badges({ project, version }: { project: string; version: ModelVersionDetail }) {
  const endpoints = useQuery(listEndpoints(project));
  const serving = (endpoints.data?.results ?? []).filter(
    (one) => one.current?.model === version.model && one.current.version === version.version,
  );
  return (
    <>
      {serving.map((endpoint) => (
        <StateBadge key={endpoint.id} as="live">
          Live on {endpoint.name}
        </StateBadge>
      ))}
      {version.aliases.map((alias) => (
        <AliasTag key={alias} name={alias} />
      ))}
      <Tag checked>Golden rows in the bundle</Tag>
    </>
  );
}

function Actions({
  project,
  version,
  onDeploy,
}: {
  project: string;
  version: ModelVersionDetail;
  onDeploy: () => void;
}) {
  const queries = useQueryClient();
  const crown = useMutation({
    mutationFn: () => putAlias(project, version.model, 'champion', version.version),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['project', project] }),
  });
  return (
    <>
      <ActionError error={crown.error ? asApiError(crown.error) : null} />
      <Allowed project={project} action="deploy">
        {!version.aliases.includes('champion') && (
          <Button variant="default" onClick={() => crown.mutate()} loading={crown.isPending}>
            Make champion
          </Button>
        )}
        <Button onClick={onDeploy}>Deploy</Button>
      </Allowed>
    </>
  );
}

function Provenance({ project, version }: { project: string; version: ModelVersionDetail }) {
  const { stamps } = version;
  const latency = Object.entries(version.measured).find(([name]) => name.includes('p50'));
  return (
    <>
      <Origin name="Registered">
        <Ago at={version.created_at} />
        {version.created_by ? ` by ${version.created_by}` : ''}
      </Origin>
      <Origin name="Bundle" mono>
        {short(version.bundle)}
      </Origin>
      <Origin name="Run" mono to={paths.run(project, version.training_run_name)}>
        {version.training_run_name}
      </Origin>
      <Origin name="Code" mono>
        {stamps.code?.slice(0, 12) || 'none'}
      </Origin>
      <Origin name="Trainer">{words(version.trainer)}</Origin>
      {latency && (
        <Origin name="Latency">{milliseconds(latency[0].includes('us') ? latency[1] / 1000 : latency[1])} p50</Origin>
      )}
    </>
  );
}
