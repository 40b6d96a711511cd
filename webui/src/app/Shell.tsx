import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useRouterState } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { getMe } from '@/api/get-me';
import { getProject } from '@/api/get-project';
import { useProjectEvents } from '@/api/project-events';
import { paths } from '@/lib/paths';
import { asApiError } from '@/lib/problem';
import { useParam } from '@/lib/route';
import { ErrorState, Loading, Wordmark } from '@/ui';
import classes from './Shell.module.css';
import { Thread } from './Thread';
import { TopBar } from './TopBar';

/** The frame of a project's pages: bench, thread, top bar, sheet. */
export function Shell() {
  const project = useParam('project');
  const me = useQuery(getMe());
  const found = useQuery({ ...getProject(project), enabled: me.isSuccess });
  const live = useProjectEvents(project, found.isSuccess);
  const sheet = useRef<HTMLElement>(null);
  const place = useRouterState({ select: (state) => state.location.pathname });
  useEffect(() => {
    if (place) sheet.current?.scrollTo(0, 0);
  }, [place]);

  const error = me.error ?? found.error;
  return (
    <div className={classes.bench}>
      <a className={classes.skip} href="#content">
        Skip to content
      </a>
      <header className={classes.banner}>
        <Link to={paths.projects()} className={classes.brand} aria-label="Bottega, all projects">
          <Wordmark />
        </Link>
        <TopBar project={project} me={me.data} live={live} />
      </header>
      <Thread project={project} />
      <main id="content" ref={sheet} className={classes.sheet} tabIndex={-1}>
        {error ? <Failed error={error} retry={() => void found.refetch()} /> : found.data ? <Outlet /> : <Loading />}
      </main>
    </div>
  );
}

function Failed({ error, retry }: { error: Error; retry: () => void }) {
  const problem = asApiError(error);
  if (problem.status === 401) {
    return (
      <div>
        <h1 className={classes.signedOut}>You are signed out</h1>
        <p>
          <Link to={paths.signIn()}>How to sign in</Link>
        </p>
      </div>
    );
  }
  return <ErrorState error={problem} what="This project" retry={retry} />;
}
