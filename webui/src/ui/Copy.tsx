import { useState } from 'react';
import classes from './Copy.module.css';

/** Copies a text; says so in place for two seconds. */
export function Copy({ text, label, wide = false }: { text: string; label: string; wide?: boolean }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setDone(true);
    setTimeout(() => setDone(false), 2000);
  };
  return (
    <button
      type="button"
      className={classes.copy}
      data-wide={wide}
      onClick={copy}
      aria-label={wide ? undefined : label}
      title={label}
    >
      {!wide && (
        <svg
          viewBox="0 0 16 16"
          width={14}
          height={14}
          aria-hidden="true"
          fill="none"
          stroke="currentColor"
          strokeWidth={1.4}
        >
          {done ? (
            <path d="m3 8.5 3.2 3.2L13 4.8" strokeLinecap="round" />
          ) : (
            <>
              <rect x="5.5" y="5.5" width="8" height="8" rx="1.6" />
              <path d="M10.5 3.2v-.1A1.1 1.1 0 0 0 9.4 2H3.6A1.6 1.6 0 0 0 2 3.6v5.8a1.1 1.1 0 0 0 1.1 1.1h.1" />
            </>
          )}
        </svg>
      )}
      {wide && (done ? 'Copied' : label)}
      <span className={classes.said} role="status">
        {done ? 'Copied' : ''}
      </span>
    </button>
  );
}
