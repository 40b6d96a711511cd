import type { Member } from '@/api/types';
import { number } from '@/lib/format';
import { Panel, Quiet } from '@/ui';
import classes from './members.module.css';
import { ROLES } from './roles';

/** What each role may do, and how many have it. */
export function RolesPanel({ members }: { members: Member[] }) {
  return (
    <Panel title="What each role may do" note="least first">
      <ol className={classes.roles}>
        {ROLES.map((role) => (
          <li key={role.name}>
            <b>{role.name}</b>
            <span>{role.may}</span>
            <Quiet>{number(members.filter((member) => member.role === role.name).length)}</Quiet>
          </li>
        ))}
      </ol>
    </Panel>
  );
}
