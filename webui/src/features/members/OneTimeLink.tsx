import type { SignInLink } from '@/api/types';
import { exact } from '@/lib/format';
import { Copy } from '@/ui';
import classes from './members.module.css';

/** A sign-in link and how to pass it on. It is in no list: who closes this makes a new one. */
export function OneTimeLink({ who, link }: { who: string; link: SignInLink }) {
  return (
    <section aria-label="Sign-in link">
      <p className={classes.note}>
        Send this link to {who}. It signs in once, until {exact(link.expires_at)}, and is shown only here.
      </p>
      <div className={classes.link}>
        <code data-testid="signin-link">{link.url}</code>
        <Copy text={link.url} label="Copy the link" wide />
      </div>
    </section>
  );
}
