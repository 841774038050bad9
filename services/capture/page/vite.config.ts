import { defineConfig } from 'vite';
import { oneRequest } from './one-request.ts';

/** The library that all screens are drawn with goes where the first one is, in one piece. */
const isCore = (id: string) => id.endsWith('/page/src/main.tsx') || id.includes('/preact/');

/**
 * The hosted page: `index.html` holds everything that its first screen needs, what comes later lies under
 * /capture-assets with its hash in its name and may be cached for good.
 */
export default defineConfig({
  root: import.meta.dirname,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [oneRequest('index.html')],
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    assetsDir: 'capture-assets',
    // The strict content policy of the page allows no data: scripts or styles.
    assetsInlineLimit: 0,
    // Whatever is loaded later is fetched ahead of its time as a whole; only styles have to be there before it is drawn.
    modulePreload: {
      polyfill: false,
      resolveDependencies: () => [],
    },
    target: ['chrome92', 'safari15.4', 'firefox90'],
    rolldownOptions: {
      input: 'src/main.tsx',
      output: { codeSplitting: { groups: [{ name: 'core', test: isCore }] } },
    },
  },
});
