import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { inviteMember } from '@/api/invite-member';
import { asApiError } from '@/lib/problem';
import { ActionError, Button, CopyAs, Select, Sheet, TextInput } from '@/ui';
import classes from './members.module.css';
import { OneTimeLink } from './OneTimeLink';
import { ROLE_CHOICES, ROLES, type RoleName } from './roles';

/** Makes somebody a member by e-mail; a new account's one-time link is shown here, once. */
export function InviteSheet({ project, open, onClose }: { project: string; open: boolean; onClose: () => void }) {
  const [email, setEmail] = useState('');
  const [role, setRole] = useState<RoleName>('viewer');
  const queries = useQueryClient();
  const body = { email, role };
  const invite = useMutation({
    mutationFn: () => inviteMember(project, body),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['project', project] }),
  });
  const close = () => {
    invite.reset();
    setEmail('');
    onClose();
  };
  const error = invite.error ? asApiError(invite.error) : null;
  const foot = invite.data ? (
    <Button onClick={close}>Done</Button>
  ) : (
    <>
      <CopyAs request={{ method: 'POST', path: `/api/v1/projects/${project}/members`, body }} />
      <Button variant="subtle" onClick={close}>
        Cancel
      </Button>
      <Button onClick={() => invite.mutate()} loading={invite.isPending} disabled={!email}>
        Invite
      </Button>
    </>
  );
  return (
    <Sheet open={open} onClose={close} title={`Invite to ${project}`} foot={foot}>
      {invite.data?.link ? (
        <OneTimeLink who={invite.data.member.email} link={invite.data.link} />
      ) : invite.data ? (
        <p className={classes.note}>
          {invite.data.member.email} has an account and is now {invite.data.member.role} here. They sign in as before.
        </p>
      ) : (
        <>
          <TextInput
            label="E-mail"
            type="email"
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
            error={error?.at('/email')}
            data-autofocus
          />
          <Select
            label="Role"
            data={ROLE_CHOICES}
            value={role}
            onChange={(value) => setRole((value ?? 'viewer') as RoleName)}
            allowDeselect={false}
            description={`May ${ROLES.find((one) => one.name === role)?.may}.`}
          />
          <ActionError error={error} />
        </>
      )}
    </Sheet>
  );
}
