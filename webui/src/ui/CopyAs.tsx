import { Copy } from './Copy';
import classes from './CopyAs.module.css';

export interface Request {
  method: string;
  path: string;
  body?: unknown;
}

/** The request behind a button, as curl. The token is named, never shown. */
export function curl({ method, path, body }: Request): string {
  const parts = [`curl -X ${method} '${window.location.origin}${path}'`, `-H "Authorization: Bearer $BOTTEGA_TOKEN"`];
  if (body !== undefined) {
    parts.push("-H 'Content-Type: application/json'", `-d '${JSON.stringify(body).replaceAll("'", "'\\''")}'`);
  }
  return parts.join(' \\\n  ');
}

export function CopyAs({ request }: { request: Request }) {
  return <Copy text={curl(request)} label="Copy as curl" wide />;
}

/** The request written out, with its copy button. */
export function CurlBlock({ request }: { request: Request }) {
  const text = curl(request);
  return (
    <div className={classes.block}>
      <pre>{text}</pre>
      <Copy text={text} label="Copy as curl" />
    </div>
  );
}

/** Code or JSON on the sunken ground. */
export function Code({ children, label }: { children: string; label: string }) {
  return (
    <div className={classes.block}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard */}
      <section tabIndex={0} aria-label={label}>
        <pre>{children}</pre>
      </section>
      <Copy text={children} label="Copy" />
    </div>
  );
}
