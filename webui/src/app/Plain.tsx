import { useQuery } from '@tanstack/react-query';
import { Link, Outlet } from '@tanstack/react-router';
import { getMe } from '@/api/get-me';
import { paths } from '@/lib/paths';
import { Wordmark } from '@/ui';
import classes from './Plain.module.css';
import { TopBar } from './TopBar';

/** The frame of pages outside a project. */
export function Plain() {
  const me = useQuery(getMe());
  return (
    <div className={classes.bench}>
      <header className={classes.banner}>
        <Link to={paths.projects()} className={classes.brand} aria-label="Bottega, all projects">
          <Wordmark />
        </Link>
        <TopBar me={me.data} />
      </header>
      <main className={classes.sheet}>
        <Outlet />
      </main>
    </div>
  );
}
