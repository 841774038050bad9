import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectionOptions, NatsConnection } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import { Failure } from '@selfsame/runtime/errors';

const attemptsMs = 5_000;
const attemptMs = 2_000;
const pauseMs = 250;
/** Twice what an event may have; a server that takes less was set up for something else. */
const minPayloadBytes = 256 * 1024;

/**
 * Connects for good: once connected, the client returns by itself however long the server is away.
 *
 * @throws Failure `bus_unreachable` when nothing answers for about five seconds
 * @throws Failure `bus_refused` (login, TLS), `bus_misconfigured` (tiny messages only)
 */
export async function connectPatiently(service: string, url: string): Promise<NatsConnection> {
  const { options, places } = readUrl(url);
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
      if (cause instanceof Error && /auth|permission|tls/i.test(`${cause.name} ${cause.message}`)) {
        throw new Failure('precondition', 'bus_refused', `NATS at ${places} refused: ${cause.message}`, {
          cause,
        });
      }
      if (performance.now() + pauseMs > deadline) {
        throw new Failure(
          'unavailable',
          'bus_unreachable',
          `NATS does not answer at ${places}: start it or correct NATS_URL`,
          { cause },
        );
      }
      await sleep(pauseMs);
    }
  }
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
