import { defineConfig } from 'vite';

/** The hosted page. Everything under /capture-assets carries its hash in its name and may be cached for good. */
export default defineConfig({
  root: import.meta.dirname,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    assetsDir: 'capture-assets',
    // The strict content policy of the page allows no data: scripts or styles.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: ['chrome92', 'safari15.4', 'firefox90'],
  },
});
