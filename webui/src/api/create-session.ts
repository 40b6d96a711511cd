import { answer, api } from './client';

/** Trades a one-time link for a session cookie. */
export const createSession = (linkToken: string) =>
  answer<unknown>(api.POST('/api/v1/session', { body: { link_token: linkToken } }));
