import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { getMe } from '@/api/get-me';
import { listMembers } from '@/api/list-members';
import type { Member } from '@/api/types';
import { plural } from '@/lib/format';
import { asApiError } from '@/lib/problem';
import { useParam } from '@/lib/route';
import { Allowed, Button, Columns, ErrorState, Loading, PageHeader, Panel, Quiet } from '@/ui';
import { InviteSheet } from './InviteSheet';
import { MemberTable } from './MemberTable';
import { RolesPanel } from './RolesPanel';

/** Who is in the project, with which role, and who may come in. */
export default function MembersPage() {
  const project = useParam('project');
  const members = useQuery(listMembers(project));
  const [inviting, setInviting] = useState(false);
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Members' }]}
        title="Members"
        actions={
          <Allowed project={project} action="manage_members">
            <Button onClick={() => setInviting(true)}>Invite member</Button>
          </Allowed>
        }
        provenance="To everybody else this project does not exist."
      />
      {members.error ? (
        <ErrorState error={asApiError(members.error)} what="The members" retry={() => void members.refetch()} />
      ) : !members.data ? (
        <Loading />
      ) : (
        <Columns>
          <People project={project} members={members.data.results} />
          <RolesPanel members={members.data.results} />
        </Columns>
      )}
      <InviteSheet project={project} open={inviting} onClose={() => setInviting(false)} />
    </>
  );
}

function People({ project, members }: { project: string; members: Member[] }) {
  const me = useQuery(getMe()).data;
  const waiting = members.filter((member) => member.state === 'invited').length;
  return (
    <Panel
      title={plural(members.length, 'person', 'people')}
      note={waiting > 0 ? `${waiting} not signed in yet` : undefined}
      right={<Quiet>a role includes those before it</Quiet>}
      flush
    >
      <MemberTable project={project} members={members} me={me?.user.username} />
    </Panel>
  );
}
