import { join } from 'node:path';
import { defineConfig } from 'vite';

/** The page of all states, for those who work on the page: an entry of its own, no part of what users load. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/__states/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../../dist/states',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    target: 'esnext',
    rolldownOptions: {
      input: {
        index: join(import.meta.dirname, 'index.html'),
        state: join(import.meta.dirname, 'state.html'),
      },
    },
  },
});
