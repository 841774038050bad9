import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { serveHelper } from './helper-process.ts';
import { monotonicMs } from './monotonic.ts';

/**
 * The receiver of every contender: answers 200 with nothing, and notes when each event came. It listens on many ports,
 * since destinations of different owners share no connection.
 */
const calls = {
  /** @returns the ports */
  listen: async ({ ports }: { ports: number }): Promise<number[]> =>
    await Promise.all(Array.from({ length: ports }, listenSomewhere)),

  /** How long every answer takes; paths under `/hang/` never get one. */
  behave: ({ delayMs }: { delayMs: number }): void => {
    answerDelayMs = delayMs;
  },

  /** Starts a record anew. */
  forget: (): void => {
    firstMs.clear();
    requests = 0;
  },

  /** Events so far, and requests, which are more when some came twice. */
  count: (): { events: number; requests: number } => ({ events: firstMs.size, requests }),

  arrivals: (): Arrivals => ({ ids: [...firstMs.keys()], firstByteMs: Float64Array.from(firstMs.values()) }),

  /** The last body that came. */
  sample: (): string => lastBody.toString('utf8'),
};

export type ReceiverCalls = typeof calls;

/** Events and, at the same index, when their first request began, on the monotonic clock of the machine. */
export interface Arrivals {
  readonly ids: string[];
  readonly firstByteMs: Float64Array;
}

const firstMs = new Map<string, number>();
let requests = 0;
let answerDelayMs = 0;
let lastBody: Buffer = Buffer.alloc(0);
const idMember = Buffer.from('"event_id":"');
const idLength = 36;

const receive: RequestListener = (request, response) => {
  const arrivedMs = monotonicMs();
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    lastBody = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
    const start = lastBody.indexOf(idMember) + idMember.length;
    const id = lastBody.toString('latin1', start, start + idLength);
    requests += 1;
    if (!firstMs.has(id)) firstMs.set(id, arrivedMs);
    if (request.url?.startsWith('/hang/')) return;
    if (answerDelayMs === 0) response.end();
    else void sleep(answerDelayMs).then(() => response.end());
  });
};

async function listenSomewhere(): Promise<number> {
  const server = createServer({ keepAliveTimeout: 60_000 }, receive);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0, backlog: 1024 }, resolve);
  });
  return (server.address() as AddressInfo).port;
}

serveHelper(calls);
