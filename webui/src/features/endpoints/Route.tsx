import type { Endpoint, Traffic } from '@/api/types';
import { number, percent } from '@/lib/format';
import { Panel, StateGlyph } from '@/ui';
import classes from './endpoints.module.css';

/** Who gets the requests. One version answers them all; a roll-out replaces it at once. */
export function Route({ endpoint, traffic }: { endpoint: Endpoint; traffic?: Traffic }) {
  const { current, target } = endpoint;
  const degraded = traffic?.versions.reduce((sum, one) => sum + one.degraded, 0) ?? 0;
  const requests = traffic?.versions.reduce((sum, one) => sum + one.requests, 0) ?? 0;
  return (
    <Panel title="Traffic" note={current ? `revision ${current.number}` : undefined}>
      <div className={classes.arms}>
        <span>
          <StateGlyph state={current ? 'live' : 'empty'} />
          <b>{current ? `v${current.version}` : 'nothing'}</b> {current?.model} <b>{current ? '100 %' : ''}</b>
        </span>
        {target && (
          <span>
            <StateGlyph state="running" /> <b>v{target.version}</b> {target.stage}
          </span>
        )}
      </div>
      <div className={classes.bar} data-empty={!current} />
      <div className={classes.note}>
        {requests > 0
          ? `${number(requests)} requests in this range; ${percent(degraded / requests, 2)} of the answers had a feature missing or late and say so.`
          : 'No request in this range yet.'}
      </div>
    </Panel>
  );
}
