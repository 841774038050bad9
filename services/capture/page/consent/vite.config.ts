import { defineConfig } from 'vite';
import { oneRequest } from '../one-request.ts';

/** The page that asks for a consent: an entry of its own, so that the selfie page does not carry it. All of it is one file. */
export default defineConfig({
  root: import.meta.dirname,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [oneRequest('index.html')],
  build: {
    outDir: '../../dist/consent',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: ['chrome92', 'safari15.4', 'firefox90'],
    rolldownOptions: { input: 'main.tsx' },
  },
});
