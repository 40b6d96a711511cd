import { useQuery } from '@tanstack/react-query';
import { useId } from 'react';
import { getProject } from '@/api/get-project';
import type { Project } from '@/api/types';
import classes from './Allowed.module.css';

/** What a project's role lets somebody do. */
export type Action = 'edit' | 'deploy' | 'approve' | 'manage_members' | 'delete';

/** Why the reader may not do this here: the role it needs and who can grant it; nothing when they may. */
export function refusal(project: Project | undefined, action: Action): string | undefined {
  if (!project || project.allowed_actions.includes(action)) return undefined;
  const granters = project.granted_by.join(' or ') || 'A platform admin';
  return `Needs the role ${project.needed_roles[action]}; you are ${project.role}. ${granters} can grant it.`;
}

export function useRefusal(project: string, action: Action): string | undefined {
  return refusal(useQuery(getProject(project)).data, action);
}

interface AllowedProps {
  project: string;
  action: Action;
  children: React.ReactNode;
  /** In a table's row the reason is said on hover and to screen readers only. */
  quiet?: boolean;
}

/** Buttons that need a role: without it they stay in place, disabled, with the reason beside them. */
export function Allowed({ project, action, children, quiet = false }: AllowedProps) {
  const why = useRefusal(project, action);
  const id = useId();
  if (!why) return children;
  return (
    <fieldset className={classes.refused} disabled aria-describedby={id} title={quiet ? why : undefined}>
      <span id={id} className={quiet ? classes.unseen : classes.why}>
        {why}
      </span>
      {children}
    </fieldset>
  );
}
