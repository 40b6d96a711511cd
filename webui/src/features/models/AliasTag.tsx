import { type Role, RoleMark, Tag } from '@/ui';

const ROLES: Record<string, Role> = { champion: 'champion', candidate: 'candidate', baseline: 'baseline' };

export function AliasTag({ name, version }: { name: string; version?: number }) {
  return (
    <Tag>
      <RoleMark as={ROLES[name] ?? 'baseline'} size={8} />
      {name}
      {version !== undefined && ` v${version}`}
    </Tag>
  );
}
