import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';

/** A customer's web page on an origin of its own, with the published browser SDK on it. */
export interface EmbeddingHost {
  /** Opens the hosted page at `sessionUrl` in the SDK's iframe. */
  pageFor(sessionUrl: string): string;
  readonly origin: string;
  close(): Promise<void>;
}

/** What the page has written down: every event and the result, as the SDK calls back. */
export interface Heard {
  readonly events: readonly { type: string; data?: { sessionId?: string; status?: string } }[];
  readonly results: readonly { type: string; session?: { sessionId: string; status: string } }[];
}

const require = createRequire(import.meta.url);
const SDK = require.resolve('@didit-protocol/sdk-web').replace(/[^/]+$/, 'didit-sdk.umd.min.js');

/** Serves the page on another port of the loopback address: another origin for a browser. */
export async function startEmbeddingHost(): Promise<EmbeddingHost> {
  const library = readFileSync(SDK);
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://host');
    if (url.pathname === '/sdk.js') {
      response.setHeader('content-type', 'text/javascript').end(library);
      return;
    }
    response
      .setHeader('content-type', 'text/html; charset=utf-8')
      .end(page(url.searchParams.get('url') ?? ''));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    pageFor: (sessionUrl) => `${origin}/?url=${encodeURIComponent(sessionUrl)}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** As the SDK's own guide has it. */
function page(sessionUrl: string): string {
  return `<!doctype html><html lang="en"><title>Shop</title><body><h2>Shop</h2>
    <script src="/sdk.js"></script>
    <script>
      window.heard = { events: [], results: [] };
      const { DiditSdk } = window.DiditSDK;
      const sdk = DiditSdk.shared;
      sdk.onEvent = (event) => heard.events.push(event);
      sdk.onComplete = (result) => heard.results.push(result);
      sdk.startVerification({
        url: ${JSON.stringify(sessionUrl).replaceAll('<', '\\u003c')},
        configuration: { showExitConfirmation: false, defaultLivenessCamera: 'front' },
      });
    </script></body></html>`;
}
