import { useMutation, useQueryClient } from '@tanstack/react-query';
import { removeMember } from '@/api/remove-member';
import type { Member } from '@/api/types';
import { asApiError } from '@/lib/problem';
import { ActionError, Button, CurlBlock, Panel, PlanDiff, Sheet } from '@/ui';

/** Ends a membership, after saying what that changes. */
export function RemoveSheet({ project, member, onClose }: { project: string; member: Member; onClose: () => void }) {
  const name = member.user.username;
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () => removeMember(project, name),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['project', project] });
      onClose();
    },
  });
  const foot = (
    <>
      <Button variant="subtle" onClick={onClose}>
        Cancel
      </Button>
      <Button color="carmine" onClick={() => remove.mutate()} loading={remove.isPending}>
        Remove member
      </Button>
    </>
  );
  return (
    <Sheet open onClose={onClose} title={`Remove ${name} from ${project}`} foot={foot}>
      <Panel title="What changes" flush>
        <PlanDiff
          rows={[
            { sign: '-', name: 'role', text: `${name} is ${member.role} no longer and does not see this project` },
            { sign: '=', name: 'work', text: 'runs, models and deployments made by them stay' },
            { sign: '=', name: 'account', text: 'still signs in to other projects' },
          ]}
        />
      </Panel>
      <CurlBlock request={{ method: 'DELETE', path: `/api/v1/projects/${project}/members/${name}` }} />
      <ActionError error={remove.error ? asApiError(remove.error) : null} />
    </Sheet>
  );
}
