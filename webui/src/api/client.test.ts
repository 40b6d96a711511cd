import { afterEach, expect, it, vi } from 'vitest';
import type { ApiError } from '@/lib/problem';

type Handler = (request: Request) => Response;

/** Answers the next requests of the fetcher, as a server would; the client binds `fetch` when it is loaded. */
async function client(handler: Handler) {
  vi.resetModules();
  vi.stubGlobal('fetch', async (request: Request) => handler(request));
  return import('./client');
}

afterEach(() => {
  vi.unstubAllGlobals();
});

const json = (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json', ...headers } });

it('carries the CSRF token and a fresh key with writes, neither with reads', async () => {
  // biome-ignore lint/suspicious/noDocumentCookie: jsdom has no cookie store
  document.cookie = 'bottega_csrf=secret';
  const seen: Request[] = [];
  const { api, answer } = await client((request) => {
    seen.push(request);
    return json({});
  });
  await answer(api.POST('/api/v1/jobs/{job}/cancel', { params: { path: { job: 'job_1' } } }));
  await answer(api.GET('/api/v1/me'));
  expect(seen[0]?.headers.get('X-CSRFToken')).toBe('secret');
  expect(seen[0]?.headers.get('Idempotency-Key')).toMatch(/^[0-9a-f]{32}$/);
  expect(seen[1]?.headers.get('Idempotency-Key')).toBeNull();
});

it('throws a refusal with its code, request id and the fault of each field', async () => {
  const problem = {
    code: 'spec_invalid',
    detail: 'Give at least 1 trial.',
    errors: [{ code: 'too_small', detail: 'at least 1', pointer: '/spec/tune/trials' }],
  };
  const { api, answer } = await client(() => json(problem, 422, { 'X-Request-ID': 'req_7' }));
  const error = await answer(api.GET('/api/v1/me')).catch((thrown: ApiError) => thrown as ApiError);
  expect(error).toMatchObject({ status: 422, code: 'spec_invalid', requestId: 'req_7' });
  expect((error as ApiError).at('/spec/tune/trials')).toBe('at least 1');
});

it('says what to do when the platform does not answer', async () => {
  const { api, answer } = await client(() => {
    throw new TypeError('Failed to fetch');
  });
  const error = await answer(api.GET('/api/v1/me')).catch((thrown: ApiError) => thrown as ApiError);
  expect(error).toMatchObject({ status: 0, code: 'unreachable' });
});
