import { useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { deleteSession } from '@/api/delete-session';
import { listJobs } from '@/api/list-jobs';
import { listProjects } from '@/api/list-projects';
import type { Me } from '@/api/types';
import { paths } from '@/lib/paths';
import { Menu, StateGlyph, StateWord } from '@/ui';
import { Palette } from './Palette';
import classes from './TopBar.module.css';

/** Switcher at the left edge of the page's text; running work, theme and the reader at the right. */
export function TopBar({ project, me, live }: { project?: string; me?: Me; live?: 'live' | 'late' | 'off' }) {
  return (
    <div className={classes.bar}>
      {project && me ? <Switcher project={project} /> : <span />}
      {project && me && <Palette project={project} />}
      <div className={classes.right}>
        {live === 'late' && <StateWord as="late">reconnecting</StateWord>}
        {project && me && <Running project={project} />}
        <ThemeButton />
        {me && <Reader me={me} />}
      </div>
    </div>
  );
}

function Switcher({ project }: { project: string }) {
  const projects = useQuery(listProjects());
  const navigate = useNavigate();
  return (
    <Menu position="bottom-start" shadow="md" width={240}>
      <Menu.Target>
        <button type="button" className={classes.switcher} aria-label={`Project ${project}, switch`}>
          <b>{project}</b>
          <svg
            viewBox="0 0 16 16"
            width={14}
            height={14}
            aria-hidden="true"
            fill="none"
            stroke="currentColor"
            strokeWidth={1.4}
            strokeLinecap="round"
          >
            <path d="m5 6 3-3 3 3M5 10l3 3 3-3" />
          </svg>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {(projects.data?.results ?? []).map((one) => (
          <Menu.Item key={one.slug} onClick={() => void navigate({ to: paths.home(one.slug) })}>
            {one.slug}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item onClick={() => void navigate({ to: paths.projects() })}>All projects</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function Running({ project }: { project: string }) {
  const jobs = useQuery({ ...listJobs(project, { state: 'running' }), refetchInterval: 10_000 });
  const count = jobs.data?.results.length ?? 0;
  if (count === 0) return null;
  return (
    <Link to={paths.jobs(project)} search={{ state: 'running' }} className={classes.running}>
      <StateGlyph state="running" /> {count} running
    </Link>
  );
}

function ThemeButton() {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light');
  const next = scheme === 'dark' ? 'light' : 'dark';
  return (
    <button
      type="button"
      className={classes.icon}
      aria-label={`Use the ${next} theme`}
      onClick={() => setColorScheme(next)}
    >
      <svg
        viewBox="0 0 16 16"
        width={16}
        height={16}
        aria-hidden="true"
        fill="none"
        stroke="currentColor"
        strokeWidth={1.4}
      >
        <circle cx="8" cy="8" r="5.6" />
        <path d="M8 2.4a5.6 5.6 0 0 1 0 11.2z" fill="currentColor" stroke="none" />
      </svg>
    </button>
  );
}

function Reader({ me }: { me: Me }) {
  const initials = (me.user.display_name || me.user.username)
    .split(/[\s._-]+/)
    .map((word) => word.charAt(0))
    .join('')
    .slice(0, 2)
    .toUpperCase();
  const leave = async () => {
    await deleteSession();
    window.location.assign(paths.signIn());
  };
  return (
    <Menu position="bottom-end" shadow="md" width={200}>
      <Menu.Target>
        <button type="button" className={classes.reader} aria-label={`Signed in as ${me.user.username}`}>
          {initials}
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{me.user.display_name || me.user.username}</Menu.Label>
        <Menu.Item component={Link} to={paths.reference()}>
          API reference
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item onClick={() => void leave()}>Sign out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
