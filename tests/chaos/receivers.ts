import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { verifyRaw, verifyStandard } from '../harness/webhooks.ts';
import type { Arrival } from './checker.ts';
import { type Random, randomOf } from './random.ts';
import type { Action, Temper } from './tempers.ts';

/** A receiver of one destination, with a record of all that it was sent. */
export interface Receiver {
  readonly temper: Temper;
  readonly url: string;
  readonly arrivals: readonly Arrival[];
  /** Events that it has taken. */
  taken(): number;
  /** What it verifies signatures with; nothing holds before it is known. */
  learnSecret(secret: string): void;
  close(): Promise<void>;
}

const lowestPort = 20_000;
const highestPort = 32_000;

/**
 * Starts a stranger of the given temper. What it does to its nth request is drawn from the seed.
 *
 * @param options.deadlineMs how long the dispatcher waits for an answer: late answers come after it
 */
export async function startReceiver(
  temper: Temper,
  options: { seed: number; deadlineMs: number },
): Promise<Receiver> {
  const random = randomOf(options.seed, 'receiver', temper.name);
  const arrivals: Arrival[] = [];
  const refusals = new Map<string, number>();
  const taken = new Set<string>();
  const stopping = new AbortController();
  let secret = '';

  function decide(eventId: string): Action {
    // Drawn for every request, so that the nth request's draw does not depend on what came before.
    const drawn = random.pickWeighted(temper.actions);
    const wanted =
      temper.throttlesEvery && arrivals.length % temper.throttlesEvery === 9 ? 'throttle' : drawn;
    if (wanted === 'take') return wanted;
    const before = refusals.get(eventId) ?? 0;
    refusals.set(eventId, before + 1);
    return before < temper.mostRefusals ? wanted : 'take';
  }

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const rawBody = await bodyOf(incoming);
    if (rawBody === undefined) return;
    const body = JSON.parse(rawBody.toString('utf8')) as Record<string, unknown>;
    const eventId = interned(String(body.event_id));
    const action = decide(eventId);
    const isTaken = action === 'take' || action === 'late';
    if (isTaken) taken.add(eventId);
    arrivals.push({
      destination: temper.name,
      eventId,
      applicationId: interned(String(body.application_id)),
      sessionId: interned(String(body.session_id)),
      sequence: Number(body.sequence),
      status: interned(String(body.status)),
      content: interned(digestWithoutTimestamp(body)),
      isSigned: isSigned(rawBody, incoming.headers, secret),
      isTaken,
      atMs: Date.now(),
    });
    await act(action, response, options.deadlineMs);
  }

  const listen = async (port: number | undefined): Promise<[Server, number]> => {
    const server = createServer((incoming, response) => {
      handle(incoming, response).catch(() => response.destroy());
    });
    return [server, await listenSomewhere(server, port, random)];
  };

  let [server, port] = await listen(undefined);
  const doors = temper.closes ? openAndClose(temper.closes) : Promise.resolve();

  /** Refuses connections for a while, now and then: nobody listens. */
  async function openAndClose(closes: NonNullable<Temper['closes']>): Promise<void> {
    const wait = (range: readonly [number, number]) =>
      pause(random.between(...range), undefined, { signal: stopping.signal }).catch(() => undefined);
    while (!stopping.signal.aborted) {
      await wait(closes.openMs);
      await closeServer(server);
      await wait(closes.closedMs);
      if (!stopping.signal.aborted) [server, port] = await listen(port);
    }
  }

  return {
    temper,
    url: `http://127.0.0.1:${port}/hooks`,
    arrivals,
    taken: () => taken.size,
    learnSecret: (text) => {
      secret = text;
    },
    async close() {
      stopping.abort();
      await doors;
      await closeServer(server);
    },
  };
}

async function act(action: Action, response: ServerResponse, deadlineMs: number): Promise<void> {
  switch (action) {
    case 'take':
      return void response.writeHead(200).end('ok');
    case 'error':
      return void response.writeHead(500).end('no');
    case 'throttle':
      return void response.writeHead(429, { 'retry-after': '1' }).end();
    case 'cut':
      return void response.destroy();
    case 'late':
      await pause(deadlineMs + 200, undefined, { ref: false });
      return void response.writeHead(200).end('late');
    case 'hang':
      return;
    default:
      return action satisfies never;
  }
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of incoming) chunks.push(chunk);
  } catch {
    return undefined; // the sender died before it had said everything: nothing has arrived
  }
  return Buffer.concat(chunks);
}

function isSigned(rawBody: Buffer, headers: IncomingMessage['headers'], secret: string): boolean {
  const holds = verifyRaw(rawBody, String(headers['x-signature-v2']), secret);
  if (headers['webhook-signature'] === undefined) return holds;
  return holds && verifyStandard(rawBody, headers, secret);
}

/** The keys of a body are sorted when they come, so equal contents give equal texts. */
function digestWithoutTimestamp({ timestamp: _, ...rest }: Record<string, unknown>): string {
  return createHash('sha1').update(JSON.stringify(rest)).digest('base64').slice(0, 16);
}

const texts = new Map<string, string>();

/** One string for equal ones: a long run's record holds each a dozen times. */
function interned(text: string): string {
  const known = texts.get(text);
  if (known !== undefined) return known;
  texts.set(text, text);
  return text;
}

/** Below the ports that outgoing connections take, which could sit on ours while it is closed. */
async function listenSomewhere(server: Server, port: number | undefined, random: Random): Promise<number> {
  for (let tries = 0; tries < 100; tries += 1) {
    const wanted = port ?? lowestPort + Math.floor(Math.random() * (highestPort - lowestPort));
    const isListening = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen({ host: '127.0.0.1', port: wanted, exclusive: true }, () => resolve(true));
    });
    server.removeAllListeners('error');
    if (isListening) return wanted;
    await pause(random.between(10, 50));
  }
  throw new Error('no port to listen on');
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
