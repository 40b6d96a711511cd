import { useEffect, useRef, useState } from 'react';
import classes from './LogTail.module.css';
import { Panel } from './Panel';
import { StateWord } from './StateBadge';

/** The end of a log. Follows new lines until the reader scrolls up. */
export function LogTail({
  text,
  live,
  title = 'Log',
  empty,
}: {
  text: string;
  live: boolean;
  title?: string;
  empty?: string;
}) {
  const box = useRef<HTMLDivElement>(null);
  const [following, setFollowing] = useState(true);
  const lines = text ? text.replace(/\n$/, '').split('\n') : [];
  const length = text.length;

  useEffect(() => {
    const element = box.current;
    if (element && following && length) element.scrollTop = element.scrollHeight;
  }, [length, following]);

  const onScroll = () => {
    const element = box.current;
    if (element) setFollowing(element.scrollHeight - element.scrollTop - element.clientHeight < 24);
  };
  const right = live ? (
    <StateWord as={following ? 'live' : 'queued'}>{following ? 'Following' : 'Scrolled up'}</StateWord>
  ) : null;
  return (
    <Panel title={title} note={`${lines.length.toLocaleString('en')} lines`} right={right} flush>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard */}
      <div ref={box} className={classes.box} onScroll={onScroll} tabIndex={0} role="log" aria-label={title}>
        {lines.length === 0 && <span className={classes.empty}>{empty ?? 'Nothing written yet.'}</span>}
        {lines.map((line, place) => (
          <div key={place} data-level={level(line)}>
            {line || ' '}
          </div>
        ))}
      </div>
    </Panel>
  );
}

function level(line: string): string | undefined {
  if (/\b(error|exception|traceback|failed)\b/i.test(line)) return 'bad';
  if (/\bwarn(ing)?\b/i.test(line)) return 'warn';
  return undefined;
}
