import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { useState } from 'react';
import type { ApiError } from '@/lib/problem';
import { resolver, theme } from '@/ui/theme';
import { makeRouter } from './router';

const scheme = localStorageColorSchemeManager({ key: 'bottega-colour-scheme' });

/** Refusals are answers: only a lost connection or a fault of the platform is worth a second try. */
function retry(failures: number, error: Error): boolean {
  const status = (error as ApiError).status;
  return failures < 2 && (status === 0 || status >= 500);
}

export function App() {
  const [queries] = useState(
    () => new QueryClient({ defaultOptions: { queries: { retry, staleTime: 5_000, retryDelay: 500 } } }),
  );
  const [router] = useState(() => makeRouter());
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={resolver}
      withCssVariables={false}
      defaultColorScheme="auto"
      colorSchemeManager={scheme}
    >
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  );
}
