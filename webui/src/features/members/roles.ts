import type { Body, Member } from '@/api/types';

export type RoleName = Body<'MemberIn'>['role'];

/** The project roles, least first; each may do what those before it may. */
export const ROLES: { name: RoleName; may: string }[] = [
  { name: 'viewer', may: 'see everything, read features, ask endpoints' },
  { name: 'editor', may: 'change data and features, train, register models' },
  { name: 'deployer', may: 'deploy, roll back, name champions' },
  { name: 'approver', may: 'approve what waits for a second person' },
  { name: 'admin', may: 'invite and remove members, give roles, delete the project' },
];

export const ROLE_CHOICES = ROLES.map((role) => ({ value: role.name, label: role.name }));

/** Why this member has to stay admin; nothing when somebody else who can sign in is admin too. */
export function keptAdmin(member: Member, members: Member[]): string | undefined {
  const others = members.some(
    (one) => one.role === 'admin' && one.state !== 'disabled' && one.user.id !== member.user.id,
  );
  return member.role === 'admin' && !others ? 'The last admin stays: make somebody else admin first.' : undefined;
}
