import { connect as connectSocket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectionOptions, NatsConnection } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import { Failure } from '@selfsame/runtime/errors';
import type { StreamSettings } from './settings.ts';

const attemptsMs = 5_000;
const attemptMs = 2_000;
const pauseMs = 250;
/** Twice what an event may have; a server that takes less was set up for something else. */
const minPayloadBytes = 256 * 1024;

/**
 * Connects for good: once connected, the client returns by itself however long the server is away.
 *
 * @param files certificates for `tls://`; a server that vouches for itself by a public authority needs none
 * @throws Failure `bus_unreachable` when nothing answers for about five seconds
 * @throws Failure `bus_refused` (login, TLS), `bus_misconfigured` (tiny messages only)
 */
export async function connectPatiently(
  service: string,
  url: string,
  files: StreamSettings = {},
): Promise<NatsConnection> {
  const { options, places } = readUrl(url);
  // Whoever names an authority wants no connection in the clear.
  if (options.tls || files.natsAuthorityFile) options.tls = tlsFiles(files);
  const connection = await attemptConnections(service, options, places);
  const limit = connection.info?.max_payload ?? 0;
  if (limit >= minPayloadBytes) return connection;
  await connection.close();
  throw new Failure(
    'precondition',
    'bus_misconfigured',
    `NATS at ${places} takes ${limit} bytes a message: set max_payload to ${minPayloadBytes} or more`,
  );
}

/**
 * One attempt, for who only looks: the connection ends with it, also at a server that hangs.
 *
 * @throws Failure `bus_unreachable`, `bus_refused`
 */
export async function connectOnce(
  service: string,
  url: string,
  files: StreamSettings,
  timeoutMs: number,
): Promise<NatsConnection> {
  const { options, places } = readUrl(url);
  // Whoever names an authority wants no connection in the clear.
  if (options.tls || files.natsAuthorityFile) options.tls = tlsFiles(files);
  try {
    const servers = await whoGreet(places.split(', '), timeoutMs);
    return await connect({
      ...options,
      servers,
      name: `selfsame-${service}`,
      timeout: timeoutMs,
      reconnect: false,
    });
  } catch (cause) {
    throw connectFailure(cause, places);
  }
}

/**
 * The servers that speak first, as NATS does. The client leaves its socket open, and the process alive, at one that takes
 * connections and says nothing.
 * @throws Error when none does
 */
async function whoGreet(servers: readonly string[], timeoutMs: number): Promise<string[]> {
  const asked = await Promise.allSettled(servers.map((server) => greeting(server, timeoutMs)));
  const silent = asked.find((each) => each.status === 'rejected');
  const greeted = servers.filter((_, index) => asked[index]?.status === 'fulfilled');
  if (greeted.length === 0 && silent !== undefined) throw silent.reason;
  return greeted;
}

function greeting(server: string, timeoutMs: number): Promise<void> {
  const { hostname, port } = new URL(`nats://${server}`);
  return new Promise((resolve, reject) => {
    const socket = connectSocket({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) });
    const timer = setTimeout(() => socket.destroy(new Error('no greeting')), timeoutMs);
    socket.once('data', () => {
      resolve();
      socket.destroy();
    });
    socket.on('error', reject);
    socket.once('close', () => {
      clearTimeout(timer);
      reject(new Error('closed without a greeting'));
    });
  });
}

async function attemptConnections(
  service: string,
  options: ConnectionOptions,
  places: string,
): Promise<NatsConnection> {
  const deadline = performance.now() + attemptsMs;
  for (;;) {
    try {
      return await connect({
        ...options,
        name: `selfsame-${service}`,
        timeout: Math.max(500, Math.min(attemptMs, deadline - performance.now())),
        maxReconnectAttempts: -1,
        reconnectTimeWait: 200,
        reconnectJitter: 100,
        pingInterval: 5_000, // with two unanswered ones a hung server is left after 15 s
      });
    } catch (cause) {
      const failure = connectFailure(cause, places);
      if (failure.code === 'bus_refused' || performance.now() + pauseMs > deadline) throw failure;
      await sleep(pauseMs);
    }
  }
}

function connectFailure(cause: unknown, places: string): Failure {
  if (cause instanceof Error && /auth|permission|tls/i.test(`${cause.name} ${cause.message}`)) {
    const message = `NATS at ${places} refused: ${cause.message}`;
    return new Failure('precondition', 'bus_refused', message, { cause });
  }
  const message = `NATS does not answer at ${places}: start it or correct NATS_URL`;
  return new Failure('unavailable', 'bus_unreachable', message, { cause });
}

/** `nats://user:password@host:4222`, several separated by commas; `tls://` demands TLS. */
function readUrl(url: string): { options: ConnectionOptions; places: string } {
  const urls = url.split(',').map((part) => new URL(part.trim()));
  const places = urls.map(({ hostname, port }) => `${hostname}:${port || 4222}`);
  const options: ConnectionOptions = { servers: places };
  const first = urls[0];
  if (first?.password) {
    options.user = decodeURIComponent(first.username);
    options.pass = decodeURIComponent(first.password);
  } else if (first?.username) {
    options.token = decodeURIComponent(first.username);
  }
  if (first?.protocol === 'tls:') options.tls = {};
  return { options, places: places.join(', ') };
}

/** As paths, so that every connection reads what has been renewed. */
function tlsFiles(files: StreamSettings): NonNullable<ConnectionOptions['tls']> {
  const { natsAuthorityFile, natsCertificateFile, natsKeyFile } = files;
  return {
    ...(natsAuthorityFile && { caFile: natsAuthorityFile }),
    ...(natsCertificateFile && { certFile: natsCertificateFile }),
    ...(natsKeyFile && { keyFile: natsKeyFile }),
  };
}
