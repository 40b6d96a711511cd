import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { setMember } from '@/api/set-member';
import type { Member } from '@/api/types';
import { asApiError } from '@/lib/problem';
import { ActionError, Ago, Button, DataTable, Row, Select, StateWord, type TableColumn, Tag } from '@/ui';
import { LinkSheet } from './LinkSheet';
import classes from './members.module.css';
import { RemoveSheet } from './RemoveSheet';
import { keptAdmin, ROLE_CHOICES, type RoleName } from './roles';

interface Props {
  project: string;
  members: Member[];
  me?: string;
}

export function MemberTable({ project, members, me }: Props) {
  const [removing, setRemoving] = useState<Member>();
  const [linking, setLinking] = useState<Member>();
  const queries = useQueryClient();
  const { mutate, error } = useMutation({
    mutationFn: (change: { user: string; role: RoleName }) => setMember(project, change.user, change.role),
    onSettled: () => queries.invalidateQueries({ queryKey: ['project', project] }),
  });
  const columns = useMemo(
    () => [
      ...facts(members, me, (member, role) => mutate({ user: member.user.username, role })),
      acts(members, setLinking, setRemoving),
    ],
    [members, me, mutate],
  );
  return (
    <>
      <ActionError error={error ? asApiError(error) : null} />
      <DataTable label="Members" rows={members} columns={columns} rowKey={(member) => member.user.id} />
      {removing && <RemoveSheet project={project} member={removing} onClose={() => setRemoving(undefined)} />}
      {linking && <LinkSheet project={project} member={linking} onClose={() => setLinking(undefined)} />}
    </>
  );
}

function facts(
  members: Member[],
  me: string | undefined,
  change: (member: Member, role: RoleName) => void,
): TableColumn<Member>[] {
  return [
    {
      id: 'person',
      header: 'Person',
      value: (member) => member.user.username,
      cell: (member) => <Person member={member} me={me} />,
    },
    {
      id: 'role',
      header: 'Role',
      width: 150,
      value: (member) => ROLE_CHOICES.findIndex((role) => role.value === member.role),
      cell: (member) => <RoleOf member={member} kept={keptAdmin(member, members)} change={change} />,
    },
    { id: 'state', header: 'State', value: (member) => member.state, cell: (member) => <Presence member={member} /> },
    {
      id: 'since',
      header: 'Member since',
      right: true,
      value: (member) => member.created_at,
      cell: (member) => <Ago at={member.created_at} />,
    },
  ];
}

function acts(
  members: Member[],
  link: (member: Member) => void,
  remove: (member: Member) => void,
): TableColumn<Member> {
  return {
    id: 'act',
    header: '',
    right: true,
    cell: (member) => {
      if (!member.allowed_actions.includes('remove')) return null;
      const kept = keptAdmin(member, members);
      const name = member.user.username;
      return (
        <Row wrap={false}>
          {member.allowed_actions.includes('renew_link') && (
            <Button size="sm" variant="default" aria-label={`New link for ${name}`} onClick={() => link(member)}>
              New link
            </Button>
          )}
          <Button
            size="sm"
            variant="default"
            aria-label={`Remove ${name}`}
            disabled={Boolean(kept)}
            title={kept}
            onClick={() => remove(member)}
          >
            Remove
          </Button>
        </Row>
      );
    },
  };
}

function Person({ member, me }: { member: Member; me?: string }) {
  return (
    <span className={classes.person}>
      <b>{member.user.username}</b> {member.user.username === me && <Tag>you</Tag>}
      {member.email && <span className={classes.email}>{member.email}</span>}
    </span>
  );
}

function RoleOf({
  member,
  kept,
  change,
}: {
  member: Member;
  kept?: string;
  change: (member: Member, role: RoleName) => void;
}) {
  if (!member.allowed_actions.includes('change')) return member.role;
  return (
    <Select
      aria-label={`Role of ${member.user.username}`}
      size="xs"
      data={ROLE_CHOICES}
      value={member.role}
      allowDeselect={false}
      disabled={Boolean(kept)}
      title={kept}
      onChange={(role) => role && change(member, role as RoleName)}
    />
  );
}

function Presence({ member }: { member: Member }) {
  if (member.state === 'disabled') return <StateWord as="retired">Disabled</StateWord>;
  if (member.state === 'invited') return <StateWord as="queued">Not signed in yet</StateWord>;
  return <StateWord as="succeeded">Active</StateWord>;
}
