import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { createSession } from '@/api/create-session';
import { paths } from '@/lib/paths';
import { asApiError } from '@/lib/problem';
import { ActionError, Command, Loading } from '@/ui';
import classes from './SignInPage.module.css';

/** Trades the token after the # for a session; without one, says how to get a link. */
export default function SignInPage() {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const token = useRef(window.location.hash.slice(1));
  const sent = useRef(false);
  const enter = useMutation({
    mutationFn: createSession,
    onSuccess: async () => {
      queries.clear();
      await navigate({ to: paths.projects(), replace: true });
    },
  });

  useEffect(() => {
    if (!token.current || sent.current) return;
    sent.current = true;
    window.history.replaceState(null, '', paths.signIn());
    enter.mutate(token.current);
  }, [enter]);

  if (enter.isPending || enter.isSuccess) return <Loading rows={3} />;
  return (
    <section className={classes.page}>
      <h1>Sign in</h1>
      {enter.error && (
        <div className={classes.error}>
          <ActionError error={asApiError(enter.error)} />
        </div>
      )}
      <p>Bottega has no passwords. A link signs you in once, then the browser stays signed in.</p>
      <h2>You have no link</h2>
      <p>
        An admin of your project makes one on its Members page. If the link you got was used or is too old, ask for a
        new one.
      </p>
      <h2>You run the platform</h2>
      <p>On its machine, this prints a link for the administrator, and leaves a running platform as it is:</p>
      <Command text="bottega up" />
      <p className={classes.after}>These make an account, or a new link for somebody who has one:</p>
      <Command text="bottega user add name@example.org" />
      <Command text="bottega user link NAME" />
    </section>
  );
}
