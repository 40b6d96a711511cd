import { Button, Skeleton } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import type { ApiError } from '@/lib/problem';
import { Copy } from './Copy';
import { StateGlyph } from './StateGlyph';
import classes from './states.module.css';

/** Nothing for 200 ms, then the shape of what comes. */
export function Loading({ rows = 6 }: { rows?: number }) {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 200);
    return () => clearTimeout(timer);
  }, []);
  if (!late) return <div className={classes.loading} aria-busy="true" />;
  return (
    <div className={classes.loading} role="status" aria-busy="true" aria-label="Loading">
      {Array.from({ length: rows }, (_, place) => (
        <Skeleton key={place} height={14} mt={16} width={`${92 - ((place * 17) % 40)}%`} animate={false} />
      ))}
    </div>
  );
}

export function EmptyState(props: {
  title: string;
  children: React.ReactNode;
  action?: { label: string; to: string };
  command?: string;
  phase?: number;
}) {
  return (
    <div className={classes.card}>
      <div className={classes.nodes} aria-hidden="true">
        {[0, 1, 2, 3].map((node) => (
          <StateGlyph
            key={node}
            size={12}
            state={node < (props.phase ?? 0) ? 'succeeded' : node === props.phase ? 'approval' : 'empty'}
          />
        ))}
      </div>
      <h2 className={classes.title}>{props.title}</h2>
      <p className={classes.text}>{props.children}</p>
      {props.action && (
        <Button component={Link} to={props.action.to}>
          {props.action.label}
        </Button>
      )}
      {props.command && <Command text={props.command} />}
    </div>
  );
}

/** A command with its prompt and a copy button. */
export function Command({ text }: { text: string }) {
  return (
    <div className={classes.command}>
      <code>
        <span className={classes.prompt}>$ </span>
        {text}
      </code>
      <Copy text={text} label="Copy the command" />
    </div>
  );
}

/** What failed, what to do, the request id and the code. */
export function ErrorState({ error, what, retry }: { error: ApiError; what: string; retry?: () => void }) {
  if (error.status === 403) return <NoPermission error={error} />;
  const missing = error.status === 404;
  return (
    <div className={classes.card} role="alert">
      <StateGlyph state={missing ? 'empty' : 'failed'} size={16} />
      <h2 className={classes.title}>{missing ? `${what} is not here` : `${what} did not load`}</h2>
      <p className={classes.text}>{error.detail}</p>
      <Faults error={error} />
      <p className={classes.trace}>
        {error.requestId && <code>{error.requestId}</code>} <code>{[error.status || '', error.code].join(' ')}</code>
      </p>
      <div className={classes.buttons}>
        {retry && !missing && (
          <Button variant="default" onClick={retry}>
            Try again
          </Button>
        )}
        <Copy text={JSON.stringify(error.problem, null, 2)} label="Copy details" wide />
      </div>
    </div>
  );
}

export function NoPermission({ error }: { error: ApiError }) {
  return (
    <div className={classes.card} role="alert">
      <svg
        viewBox="0 0 16 16"
        width={18}
        height={18}
        aria-hidden="true"
        fill="none"
        stroke="var(--ink3)"
        strokeWidth={1.4}
      >
        <rect x="3" y="7" width="10" height="7" rx="1.5" />
        <path d="M5.4 7V5a2.6 2.6 0 0 1 5.2 0v2" />
      </svg>
      <h2 className={classes.title}>You may not see this</h2>
      <p className={classes.text}>{error.detail}</p>
      <p className={classes.trace}>{error.requestId && <code>{error.requestId}</code>}</p>
    </div>
  );
}

/** The refusal of an action, beside the button that asked for it. */
export function ActionError({ error }: { error: ApiError | null | undefined }) {
  if (!error) return null;
  return (
    <div className={classes.refusal} role="alert">
      <StateGlyph state="failed" />
      <div>
        <div>{error.detail}</div>
        <Faults error={error} />
        <div className={classes.trace}>
          <code>{error.requestId}</code> <code>{[error.status || '', error.code].join(' ')}</code>
        </div>
      </div>
    </div>
  );
}

function Faults({ error }: { error: ApiError }) {
  if (error.faults.length === 0) return null;
  return (
    <ul className={classes.faults}>
      {error.faults.map((fault, place) => (
        <li key={place}>
          {fault.pointer && <code>{fault.pointer}</code>} {fault.detail}
        </li>
      ))}
    </ul>
  );
}
