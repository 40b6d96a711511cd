import { useQuery } from '@tanstack/react-query';
import { getTableProfile } from '@/api/get-table-profile';
import type { TableVersion } from '@/api/types';
import { asApiError } from '@/lib/problem';
import { ErrorState, Loading, Panel } from '@/ui';
import { ProfileTable } from '@/ui/ProfileTable';

export function ProfileTab({ project, table, version }: { project: string; table: string; version: TableVersion }) {
  const profile = useQuery(getTableProfile(project, table, version.id));
  if (profile.error)
    return <ErrorState error={asApiError(profile.error)} what="The profile" retry={() => void profile.refetch()} />;
  if (!profile.data) return <Loading rows={10} />;
  return (
    <Panel title="Columns" note={`v${version.number}`} flush>
      <ProfileTable columns={profile.data.columns} rows={version.rows} />
    </Panel>
  );
}
