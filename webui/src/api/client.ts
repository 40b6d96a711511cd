/** The one fetcher, typed by the API's description. Problem details become ApiError; writes carry the CSRF token and a key. */
import createClient, { type Middleware } from 'openapi-fetch';
import { ApiError, asApiError, type Problem } from '@/lib/problem';
import type { paths } from './schema';

const SAFE = new Set(['GET', 'HEAD']);

const credentials: Middleware = {
  onRequest({ request }) {
    if (SAFE.has(request.method)) return;
    request.headers.set('X-CSRFToken', cookie('bottega_csrf'));
    if (request.method === 'POST') request.headers.set('Idempotency-Key', newKey());
  },
};

export const api = createClient<paths>({ baseUrl: window.location.origin, credentials: 'same-origin' });
api.use(credentials);

interface Answered {
  data?: unknown;
  error?: unknown;
  response: Response;
}

/** The document of an answer; a refusal is thrown as ApiError. */
export async function answer<Document>(call: Promise<Answered>): Promise<Document> {
  let answered: Answered;
  try {
    answered = await call;
  } catch (thrown) {
    throw asApiError(thrown);
  }
  const { data, error, response } = answered;
  if (!response.ok) throw new ApiError(problemOf(error), response.status, response.headers.get('X-Request-ID') ?? '');
  return data as Document;
}

function problemOf(error: unknown): Problem {
  return typeof error === 'object' && error !== null ? (error as Problem) : {};
}

/** A random key. Browsers offer `randomUUID` on secure origins only, and a platform may run on a plain one. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function cookie(name: string): string {
  const found = document.cookie.split('; ').find((part) => part.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : '';
}
