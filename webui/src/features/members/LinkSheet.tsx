import { useMutation } from '@tanstack/react-query';
import { renewMemberLink } from '@/api/renew-member-link';
import type { Member } from '@/api/types';
import { asApiError } from '@/lib/problem';
import { ActionError, Button, CopyAs, Sheet } from '@/ui';
import classes from './members.module.css';
import { OneTimeLink } from './OneTimeLink';

/** A new link for somebody who has not come in yet; the one before stops working. */
export function LinkSheet({ project, member, onClose }: { project: string; member: Member; onClose: () => void }) {
  const name = member.user.username;
  const make = useMutation({ mutationFn: () => renewMemberLink(project, name) });
  const foot = make.data ? (
    <Button onClick={onClose}>Done</Button>
  ) : (
    <>
      <CopyAs request={{ method: 'POST', path: `/api/v1/projects/${project}/members/${name}/link` }} />
      <Button variant="subtle" onClick={onClose}>
        Cancel
      </Button>
      <Button onClick={() => make.mutate()} loading={make.isPending}>
        Make new link
      </Button>
    </>
  );
  return (
    <Sheet open onClose={onClose} title={`New sign-in link for ${name}`} foot={foot}>
      {make.data ? (
        <OneTimeLink who={member.email || name} link={make.data} />
      ) : (
        <p className={classes.note}>The link made before stops working.</p>
      )}
      <ActionError error={make.error ? asApiError(make.error) : null} />
    </Sheet>
  );
}
