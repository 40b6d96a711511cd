import type { Prediction } from '@/api/types';
import { brief, milliseconds } from '@/lib/format';
import { CopyAs, type Request, Split, StateBadge } from '@/ui';
import classes from './endpoints.module.css';

/** The number, what was missing for it, and where its time went. */
export function Answer({ answer, output, request }: { answer: Prediction; output: string; request: Request }) {
  const value = answer.predictions[0] ?? 0;
  const { decode, features, predict, total } = answer.timings_ms;
  const rest = Math.max(0, total - decode - features - predict);
  const parts = [
    { name: 'decode', share: decode },
    { name: 'features', share: features },
    { name: 'model', share: predict },
    { name: 'other', share: rest },
  ].map((part) => ({ ...part, text: part.share.toFixed(2) }));
  return (
    <section className={classes.answer} aria-label="Answer" aria-live="polite">
      <div className={classes.answerHead}>
        <b data-testid="prediction">{brief(value)}</b>
        <span>{output}</span>
        {answer.degraded.length > 0 ? (
          <StateBadge as="late">Degraded</StateBadge>
        ) : (
          <StateBadge as="succeeded">All features there</StateBadge>
        )}
      </div>
      {output === 'probability' && (
        <div className={classes.scale}>
          <i style={{ width: `${value * 100}%` }} />
        </div>
      )}
      {answer.degraded.length > 0 && (
        <ul className={classes.degraded}>
          {answer.degraded.map((item) => (
            <li key={item}>
              <StateBadge as="late">{item.replace(':', ' ')}</StateBadge>
            </li>
          ))}
        </ul>
      )}
      <div className={classes.timed}>
        <span>
          Answered in <b>{milliseconds(total)}</b>
        </span>
        <span>milliseconds in the serving node</span>
      </div>
      <Split parts={parts} />
      <div className={classes.foot}>
        <span>
          <code>{answer.request_id}</code> {answer.model} v{answer.version}, {answer.arm}
        </span>
        <CopyAs request={request} />
      </div>
    </section>
  );
}
