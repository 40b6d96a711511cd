import type { Deployment } from '@/api/types';
import { duration, words } from '@/lib/format';
import { Panel } from './Panel';
import { type StageState, Stages } from './Sheet';
import { StateGlyph, type StateName } from './StateGlyph';

const ORDER = ['requested', 'fetched', 'loaded', 'verified', 'warm', 'ready', 'shifting', 'active'];
const MEANING: Record<string, string> = {
  requested: 'Written down; nodes read it',
  fetched: 'Files copied, each digest checked',
  loaded: 'The model stands in memory',
  verified: 'Golden rows give the expected outputs',
  warm: 'First predictions made, features read',
  ready: 'Every worker can answer',
  shifting: 'All workers change their reference at once',
  active: 'Requests are answered by it',
};
const GLYPH: Record<StageState, StateName> = { done: 'succeeded', now: 'running', next: 'queued', failed: 'failed' };

/** The stages of one deployment on one thread. */
export function DeploymentStages({ deployment }: { deployment: Deployment }) {
  const reached = new Map(deployment.events.map((event) => [event.stage, event.seconds]));
  const last = ORDER.findLastIndex((stage) => reached.has(stage) || stage === deployment.stage);
  const failed = deployment.stage === 'failed';
  const items = ORDER.map((stage, place) => {
    const state: StageState =
      place <= last ? 'done' : failed && place === last + 1 ? 'failed' : !failed && place === last + 1 ? 'now' : 'next';
    const seconds = reached.get(stage) ?? deployment.seconds[stage];
    return {
      name: words(stage),
      note: state === 'failed' ? (deployment.reason ?? deployment.code) : MEANING[stage],
      took: seconds === undefined ? '' : duration(seconds),
      state,
      glyph: <StateGlyph state={stage === 'active' && state === 'done' ? 'live' : GLYPH[state]} label={state} />,
    };
  });
  return (
    <Panel
      title={
        deployment.stage === 'active'
          ? `Answering after ${duration(reached.get('active') ?? 0)}`
          : words(deployment.stage)
      }
      note="seconds since the request"
    >
      <Stages items={items} />
    </Panel>
  );
}
