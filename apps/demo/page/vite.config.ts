import { preact } from '@preact/preset-vite';
import { defineConfig } from 'vite';

/** The page lives under /demo/ of the edge; assets stay files of their own, so that the strict policy holds. */
export default defineConfig({
  base: '/demo/',
  plugins: [preact()],
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: false,
    target: 'es2022',
  },
});
