import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { waitFor } from '@selfsame/testing/wait';
import { build } from 'vite';
import { contentPolicy } from '../src/domain/content-policy.ts';
import type { PageFacts } from '../src/wire.ts';

/** A site of one page that runs the collector under the hosted page's policy and hears what it found. */
export interface CollectorSite {
  /** Code of the collector, gzipped. */
  readonly bytes: number;
  /** The page of one visit; its name is of letters, digits and dashes. */
  urlOf(visit: string): string;
  /** The same page without the collector. */
  readonly idleUrl: string;
  /** What a visit told. @throws Error when it tells nothing for a minute */
  factsOf(visit: string): Promise<PageFacts>;
  close(): Promise<void>;
}

/** Builds the collector as the page does, and serves it on a free port of this machine. */
export async function startCollectorSite(): Promise<CollectorSite> {
  const directory = mkdtempSync(join(tmpdir(), 'selfsame-collector-'));
  const entry = join(import.meta.dirname, 'collector-entry.ts');
  await build({
    configFile: false,
    logLevel: 'error',
    root: import.meta.dirname,
    build: {
      outDir: directory,
      emptyOutDir: true,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      target: 'es2022',
      rolldownOptions: { input: entry, output: { entryFileNames: 'assets/entry.js' } },
    },
  });
  const files = new Map(
    readdirSync(join(directory, 'assets')).map((name) => [
      `/assets/${name}`,
      readFileSync(join(directory, 'assets', name)),
    ]),
  );
  const told = new Map<string, PageFacts>();
  const server = createServer((request, response) => void answer(request, response, files, told));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    bytes: [...files.values()].reduce((sum, file) => sum + gzipSync(file, { level: 9 }).length, 0),
    idleUrl: `${origin}/idle`,
    urlOf: (visit) => `${origin}/?visit=${visit}`,
    factsOf: (visit) => waitFor(`the facts of ${visit}`, () => told.get(visit), { timeoutMs: 60_000 }),
    async close() {
      server.close();
      server.closeAllConnections();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  files: ReadonlyMap<string, Buffer>,
  told: Map<string, PageFacts>,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://site');
  const file = files.get(pathname);
  if (pathname === '/facts' && request.method === 'POST') {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    told.set(searchParams.get('visit') ?? '', JSON.parse(Buffer.concat(pieces).toString()) as PageFacts);
    response.writeHead(204).end();
  } else if (file !== undefined) {
    response.writeHead(200, { 'content-type': 'text/javascript' }).end(file);
  } else if (pathname === '/' || pathname === '/idle') {
    const host = request.headers.host ?? '';
    const policy = contentPolicy({ scripts: [], styles: [], host, isSecure: false, ancestors: [] });
    response.writeHead(200, { 'content-type': 'text/html', 'content-security-policy': policy });
    const script = pathname === '/' ? '<script type="module" src="/assets/entry.js"></script>' : '';
    response.end(`<!doctype html><title>looking</title><p>A page.</p>${script}`);
  } else {
    response.writeHead(404).end();
  }
}
