import path from 'node:path';
import { convertCssVariables, defaultCssVariablesResolver, mergeMantineTheme, DEFAULT_THEME } from '@mantine/core';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { resolver, theme } from './src/ui/theme.ts';

const VARIABLES = 'virtual:theme.css';

/** The theme's CSS variables as a static sheet: a strict content security policy allows no style element. */
function themeSheet(): Plugin {
  return {
    name: 'theme-sheet',
    resolveId: (id) => (id === VARIABLES ? `\0${VARIABLES}` : undefined),
    load: (id) => (id === `\0${VARIABLES}` ? sheet() : undefined),
  };
}

function sheet(): string {
  const merged = mergeMantineTheme(DEFAULT_THEME, theme);
  const base = defaultCssVariablesResolver(merged);
  const own = resolver(merged);
  return convertCssVariables({
    variables: { ...base.variables, ...own.variables },
    light: { ...base.light, ...own.light, '--mantine-color-scheme': 'light' },
    dark: { ...base.dark, ...own.dark, '--mantine-color-scheme': 'dark' },
  });
}

const target = process.env.BOTTEGA_URL ?? 'http://127.0.0.1:8400';

export default defineConfig({
  plugins: [react(), themeSheet()],
  resolve: { alias: { '@': path.resolve(import.meta.dirname, 'src') } },
  build: {
    outDir: '../platform/bottega_platform/static/console',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: 'manifest.json',
    chunkSizeWarningLimit: 800,
  },
  server: { proxy: { '/api': target, '/v1': target } },
  test: { environment: 'jsdom', setupFiles: ['src/test/setup.ts'], css: false },
} as Parameters<typeof defineConfig>[0]);
