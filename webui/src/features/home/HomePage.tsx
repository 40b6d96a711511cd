import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { getOverview } from '@/api/get-overview';
import { getProject } from '@/api/get-project';
import { listJobs } from '@/api/list-jobs';
import type { NextStep, PhaseOverview, Project } from '@/api/types';
import { exact, number, words } from '@/lib/format';
import { below, paths } from '@/lib/paths';
import { asApiError } from '@/lib/problem';
import { useParam } from '@/lib/route';
import {
  Button,
  Cell,
  Columns,
  ErrorState,
  Loading,
  Origin,
  PageHeader,
  Panel,
  Quiet,
  Stack,
  StateGlyph,
  StateWord,
  Strip,
  stateOf,
  Tag,
} from '@/ui';
import classes from './HomePage.module.css';
import { PhaseFigure } from './PhaseFigure';
import { Failed, Latest, Running, Serving } from './Work';

export default function HomePage() {
  const slug = useParam('project');
  const project = useQuery(getProject(slug));
  const overview = useQuery({ ...getOverview(slug), refetchInterval: 15_000 });
  if (overview.error)
    return (
      <ErrorState
        error={asApiError(overview.error)}
        what="The project's overview"
        retry={() => void overview.refetch()}
      />
    );
  if (!overview.data || !project.data) return <Loading />;
  const step = overview.data.next_step;
  const phases = overview.data.phases.filter(
    (phase) => phase.phase !== 'monitor' || Object.keys(phase.counts).length > 0,
  );
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Projects', to: paths.projects() }]}
        title={project.data.slug}
        badges={<Tag>Tier {project.data.tier}</Tag>}
        actions={hasData(phases) && <OwnData project={slug} variant="default" />}
        provenance={<Provenance project={project.data} />}
      />
      <Strip label="Phases">
        {phases.map((phase) => (
          <PhaseCell key={phase.phase} project={slug} phase={phase} />
        ))}
      </Strip>
      <div className={classes.gap} />
      <Columns>
        <Work project={slug} />
        <Next project={slug} step={step} phases={phases} />
      </Columns>
    </>
  );
}

function Provenance({ project }: { project: Project }) {
  return (
    <>
      {project.description && <Origin>{project.description}</Origin>}
      {project.clock && <Origin name="Clock stands at">{exact(project.clock)}</Origin>}
      {project.role && <Origin name="Your role">{project.role}</Origin>}
    </>
  );
}

function StepButton({ project, step }: { project: string; step: NextStep }) {
  return (
    <Button component={Link} to={below(project, step.path)}>
      {step.title}
    </Button>
  );
}

const hasData = (phases: PhaseOverview[]) => phases.some((one) => one.phase === 'data' && one.state !== 'empty');

/** The guided way from a file to an endpoint. */
function OwnData({ project, variant }: { project: string; variant?: string }) {
  return (
    <Button component={Link} to={paths.ownData(project)} variant={variant}>
      Use your own data
    </Button>
  );
}

function PhaseCell({ project, phase }: { project: string; phase: PhaseOverview }) {
  const [first, ...rest] = Object.entries(phase.counts);
  const others = rest.filter(([, count]) => count > 0);
  const note = others.map(([name, count]) => counted(count, name)).join(', ');
  const label: Record<string, string> = {
    empty: 'Nothing yet',
    ready: 'Ready',
    running: 'Running',
    attention: 'Look here',
  };
  return (
    <Cell
      name={words(phase.phase)}
      state={<StateWord state={phase.state}>{label[phase.state] ?? words(phase.state)}</StateWord>}
      figure={first ? number(first[1]) : 'none'}
      unit={first && counted(first[1], first[0]).replace(/^\S+ /, '')}
      note={note || phase.next_step?.title || '\u00a0'}
    >
      <PhaseFigure project={project} phase={phase.phase} />
    </Cell>
  );
}

function Work({ project }: { project: string }) {
  const running = useQuery({ ...listJobs(project, { state: 'running' }), refetchInterval: 5_000 });
  const failed = useQuery({ ...listJobs(project, { state: 'failed' }), refetchInterval: 30_000 });
  const busy = running.data?.results ?? [];
  return (
    <Stack>
      <Failed project={project} jobs={failed.data?.results ?? []} />
      {busy.length > 0 ? <Running project={project} jobs={busy} /> : <Latest project={project} />}
      <Serving project={project} />
    </Stack>
  );
}

function Next({ project, step, phases }: { project: string; step: NextStep | null; phases: PhaseOverview[] }) {
  return (
    <Panel title={step ? step.title : 'The loop is closed'} note={step ? 'next step' : undefined}>
      <p>
        <Quiet>
          {step
            ? 'Each phase takes what the one before it made. Everything here can be done through the API as well.'
            : 'Every phase has something in it. Train again, or deploy another version.'}
        </Quiet>
      </p>
      <ul className={classes.checks}>
        {phases.map((phase) => (
          <li key={phase.phase}>
            <StateGlyph state={phase.state === 'ready' ? 'succeeded' : stateOf(phase.state)} />
            <span>{words(phase.phase)}</span>
            <span className={classes.check}>{summary(phase)}</span>
          </li>
        ))}
      </ul>
      {hasData(phases) ? step && <StepButton project={project} step={step} /> : <OwnData project={project} />}
    </Panel>
  );
}

function summary(phase: PhaseOverview): string {
  const parts = Object.entries(phase.counts).filter(([, count]) => count > 0);
  return parts.length === 0
    ? 'nothing yet'
    : parts
        .slice(0, 2)
        .map(([name, count]) => counted(count, name))
        .join(', ');
}

/** "1 endpoint", "8 feature views"; a word such as "online" stays. */
function counted(count: number, name: string): string {
  const many = name.replaceAll('_', ' ');
  return `${number(count)} ${count === 1 ? many.replace(/([^s])s$/, '$1').replace(/ie$/, 'y') : many}`;
}
