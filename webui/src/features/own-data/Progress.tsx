import { Link } from '@tanstack/react-router';
import { paths } from '@/lib/paths';
import { share, spoken } from '@/lib/progress';
import { Meter, Panel, type StageState, Stages, StateGlyph, StateWord } from '@/ui';
import type { Stage, Standing } from './advance';

const GLYPH = { done: 'succeeded', now: 'running', next: 'queued', failed: 'failed' } as const;

/** The stages of the work, what the present one says, and why it ended where it failed. */
export function Progress({
  project,
  title,
  stages,
  at,
}: {
  project: string;
  title: string;
  stages: Stage[];
  at: Standing;
}) {
  const over = at.done >= stages.length;
  return (
    <Panel title={title} note={over ? 'done' : `${at.done} of ${stages.length} done`}>
      <Stages
        items={stages.map(([name, meaning], place) => {
          const state = stateOf(place, at);
          return {
            name,
            note: (state === 'now' && spoken(at.progress)) || meaning,
            took: state === 'now' && at.job ? <Link to={paths.job(project, at.job)}>log</Link> : '',
            state,
            glyph: <StateGlyph state={GLYPH[state]} label={state} />,
          };
        })}
      />
      {!over && !at.problem && <Meter share={share(at.progress)} label="Progress of this step" />}
      {at.problem && (
        <div role="alert">
          <StateWord as="failed">{at.problem.detail ?? at.problem.code}</StateWord>{' '}
          {at.job && <Link to={paths.job(project, at.job)}>See its log</Link>}
        </div>
      )}
    </Panel>
  );
}

function stateOf(place: number, at: Standing): StageState {
  if (place < at.done) return 'done';
  if (place > at.done) return 'next';
  return at.problem ? 'failed' : 'now';
}
