import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';

/** A parameter of the page's address; the route guarantees it. */
export function useParam(name: string): string {
  const params = useParams({ strict: false }) as Record<string, string | undefined>;
  return params[name] ?? '';
}

export type Words = Record<string, string | undefined>;

/** One word of the page's state, kept in the address. */
export function useSearchWord(name: string): [string | undefined, (value: string | undefined) => void] {
  const search = useSearch({ strict: false }) as Record<string, string | undefined>;
  const navigate = useNavigate();
  const set = useCallback(
    (value: string | undefined) =>
      void navigate({
        to: '.',
        search: (now: Record<string, unknown>) => ({ ...now, [name]: value || undefined }),
        replace: true,
      }),
    [navigate, name],
  );
  return [search[name], set];
}

/** Several words of the page's state at once; undefined takes one away. Each change is a step that Back undoes. */
export function useSearchWords(): [Words, (change: Words) => void] {
  const search = useSearch({ strict: false }) as Words;
  const navigate = useNavigate();
  const set = useCallback(
    (change: Words) => void navigate({ to: '.', search: (now: Words) => ({ ...now, ...change }) }),
    [navigate],
  );
  return [search, set];
}
