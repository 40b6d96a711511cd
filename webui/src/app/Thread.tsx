import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { getOverview } from '@/api/get-overview';
import { paths } from '@/lib/paths';
import { StateGlyph, type StateName } from '@/ui';
import { phases } from './phases';
import classes from './Thread.module.css';

/** The left navigation: the loop's phases on one hairline, each with its state. Only pages that exist. */
export function Thread({ project }: { project: string }) {
  const overview = useQuery(getOverview(project));
  const state = phases(overview.data);
  return (
    <nav className={classes.thread} aria-label="Project">
      <Entry to={paths.home(project)} exact>
        <Icon path="M2.5 7.2 8 2.6l5.5 4.6v6.2h-3.6V9.6H6.1v3.8H2.5z" />
        Home
      </Entry>
      <Phase name="Data" state={state.data}>
        <Entry to={paths.sources(project)}>Sources</Entry>
        <Entry to={paths.tables(project)}>Tables</Entry>
      </Phase>
      <Phase name="Features" state={state.features}>
        <Entry to={paths.features(project)}>Catalogue</Entry>
      </Phase>
      <Phase name="Train" state={state.train}>
        <Entry to={paths.runs(project)}>Runs</Entry>
        <Entry to={paths.models(project)}>Models</Entry>
        <Entry to={paths.schedules(project)}>Schedules</Entry>
      </Phase>
      <Phase name="Deploy" state={state.deploy}>
        <Entry to={paths.endpoints(project)}>Endpoints</Entry>
      </Phase>
      <div className={classes.foot}>
        <Entry to={paths.jobs(project)}>
          <Icon path="M2.5 3h3v3h-3zM8 4.5h5.5M2.5 10h3v3h-3zM8 11.5h5.5" />
          Jobs
        </Entry>
        <Entry to={paths.members(project)}>
          <Icon path="M6 7.4a2.4 2.4 0 1 0 0-4.8 2.4 2.4 0 0 0 0 4.8zM1.6 13.4c.3-2.4 2.2-3.8 4.4-3.8s4.1 1.4 4.4 3.8M10.6 7.2a2 2 0 0 0 0-4M12 9.9c1.4.5 2.2 1.7 2.4 3.2" />
          Members
        </Entry>
      </div>
    </nav>
  );
}

function Phase({ name, state, children }: { name: string; state: StateName; children: React.ReactNode }) {
  return (
    <div className={classes.phase}>
      <div className={classes.head}>
        <StateGlyph state={state} label={`${name}: ${state}`} />
        <span>{name}</span>
      </div>
      <div className={classes.entries}>{children}</div>
    </div>
  );
}

/** Only the two entries outside the thread have an icon: it stands where the others have their node. */
function Icon({ path }: { path: string }) {
  return (
    <svg viewBox="0 0 16 16" width={15} height={15} aria-hidden="true" className={classes.icon}>
      <path d={path} />
    </svg>
  );
}

interface EntryProps {
  to: string;
  exact?: boolean;
  children: React.ReactNode;
}

function Entry({ to, exact = false, children }: EntryProps) {
  return (
    <Link
      to={to}
      className={classes.entry}
      activeOptions={{ exact, includeSearch: false }}
      activeProps={{ 'data-active': 'true' }}
    >
      {children}
    </Link>
  );
}
