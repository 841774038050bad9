import { createHash, randomBytes, randomUUID, randomUUIDv7 } from 'node:crypto';
import { openBus } from '@selfsame/bus/bus';
import { sessionDeleted, sessionStatusChanged } from '@selfsame/contracts/catalog';
import { SessionStatusChanged } from '@selfsame/contracts/session/v1/events';
import { SessionServiceDefinition } from '@selfsame/contracts/session/v1/service';
import { type Database, openDatabase } from '@selfsame/database/database';
import { migrate } from '@selfsame/database/migrate';
import { Failure } from '@selfsame/runtime/errors';
import { serveGrpc } from '@selfsame/runtime/grpc';
import { createLifecycle } from '@selfsame/runtime/lifecycle';
import { createLog } from '@selfsame/runtime/log';
import { testNats } from '@selfsame/testing/nats';
import { testDatabaseUrl } from '@selfsame/testing/postgres';
import { readConfig } from '../src/config.ts';
import { migrations } from '../src/migrations.ts';
import type { Resolve } from '../src/outbound/resolver.ts';
import type { Tables } from '../src/outbound/tables.ts';
import { createService, serviceName } from '../src/service.ts';

/** One application, as the session service knows it. */
export interface TestApplication {
  readonly id: string;
  readonly apiKey: string;
}

/** What the public API answered. */
interface ApiAnswer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly body: any;
  readonly headers: Headers;
}

export interface RunningService {
  readonly url: string;
  /** As `application` unless told otherwise; bodies are JSON. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<ApiAnswer>;
  stop(): Promise<void>;
}

/** Environment, resolver and clock of one replica. */
export interface ServiceOptions {
  environment?: Record<string, string>;
  resolve?: Resolve;
  now?: () => Date;
}

export type World = Awaited<ReturnType<typeof openWorld>>;

/** Postgres, NATS and a session service with two applications; as many dispatchers on them as a test wants. */
export async function openWorld() {
  const log = createLog('test', process.env.LOG_LEVEL ?? 'silent');
  const [postgres, nats] = await Promise.all([testDatabaseUrl(), testNats()]);
  await migrate({ service: serviceName, url: postgres.url, migrations, log });
  const database: Database<Tables> = await openDatabase({
    service: serviceName,
    url: postgres.url,
    migrations,
  });
  const bus = await openBus({ service: 'session', url: nats.url, log });
  const application = newApplication();
  const otherApplication = newApplication();
  const session = await serveSessionService([application, otherApplication]);
  const stops = new Set<() => Promise<void>>();

  const environment: Record<string, string> = {
    HTTP_PORT: '0',
    DATABASE_URL: postgres.url,
    NATS_URL: nats.url,
    SESSION_GRPC: `127.0.0.1:${session.port}`,
    WEBHOOK_SECRET_KEY: randomBytes(32).toString('base64'),
    WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8,::1/128',
    WEBHOOK_ALLOW_HTTP: 'true',
    WEBHOOK_POLL_INTERVAL_MS: '50',
  };

  return {
    nats,
    database,
    /** Of the session service, which has no tables here. */
    bus,
    application,
    otherApplication,
    environment,

    async start(options: ServiceOptions = {}): Promise<RunningService> {
      const lifecycle = createLifecycle(log);
      const config = readConfig({ ...environment, ...options.environment });
      const { resolve, now } = options;
      const { httpPort } = await createService({
        config,
        lifecycle,
        log,
        ...(resolve ? { resolve } : {}),
        ...(now ? { now } : {}),
      });
      lifecycle.ready();
      const stop = async () => {
        stops.delete(stop);
        await lifecycle.stop();
      };
      stops.add(stop);
      const url = `http://127.0.0.1:${httpPort}`;
      return { url, call: caller(url, application.apiKey), stop };
    },

    /** Calls as another application. */
    as: (service: RunningService, { apiKey }: TestApplication) => caller(service.url, apiKey),

    /** Tells that a session changed its status. @returns the event id */
    async tell(message: Partial<SessionStatusChanged> = {}, id: string = randomUUIDv7()): Promise<string> {
      await bus.publish(sessionStatusChanged, id, statusChanged(application.id, message));
      return id;
    },

    async tellDeleted(sessionId: string): Promise<void> {
      const message = { sessionId, applicationId: application.id, occurredAt: new Date() };
      await bus.publish(sessionDeleted, randomUUIDv7(), message);
    },

    /** Forgets every destination and delivery. */
    async clear(): Promise<void> {
      for (const table of ['attempts', 'deliveries', 'destinations'] as const) {
        await database.db.deleteFrom(table).execute();
      }
    },

    async close() {
      for (const stop of [...stops]) await stop();
      await bus.close();
      await session.stop();
      await database.close();
      await nats.stop();
      await postgres.drop();
    },
  };
}

/** An event of a session that was Approved just now. */
function statusChanged(applicationId: string, message: Partial<SessionStatusChanged>): SessionStatusChanged {
  return SessionStatusChanged.fromPartial({
    sessionId: randomUUID(),
    applicationId,
    environment: 'live',
    sequence: 3n,
    status: 'Approved',
    previousStatus: 'In Progress',
    workflowId: randomUUID(),
    workflowVersion: 1,
    workflowType: 'biometric_authentication',
    vendorData: 'user-1',
    metadataJson: '{"name":"Zoë 東京","ratio":2.0,"order":12345678901234567890,"tiny":0.00001,"none":{}}',
    decisionJson: JSON.stringify({
      status: 'Approved',
      liveness_checks: [{ node_id: 'a', status: 'Approved', method: 'PASSIVE', score: 96.7 }],
      face_matches: [{ node_id: 'b', status: 'Approved', score: 92.5 }],
      liveness: { status: 'Approved', method: 'PASSIVE', score: 96.7 },
      face: { status: 'Approved', similarity_score: 0.925 },
    }),
    occurredAt: new Date(),
    ...message,
  });
}

function newApplication(): TestApplication {
  return { id: randomUUID(), apiKey: `key-${randomBytes(16).toString('hex')}` };
}

/** The one call that this service makes to its neighbour. */
function serveSessionService(applications: readonly TestApplication[]) {
  const notHere = async () => {
    throw new Failure('internal', 'not_here', 'not part of this test');
  };
  return serveGrpc({
    host: '127.0.0.1',
    port: 0,
    log: createLog('session', 'silent'),
    services: (server) =>
      server.add(SessionServiceDefinition, {
        async authenticateKey({ keySha256 }) {
          const digest = Buffer.from(keySha256);
          const found = applications.find(({ apiKey }) => sha256(apiKey).equals(digest));
          if (!found) throw new Failure('not_found', 'unknown_key', 'Unknown key');
          return { applicationId: found.id, slug: 'test', name: 'Test', environment: 'live', keyId: 'key' };
        },
        readSession: notHere,
        openSession: notHere,
        beginChallenge: notHere,
        beginAttempt: notHere,
        leaveSession: notHere,
        describeSession: notHere,
        forgetDevice: notHere,
        findApplication: notHere,
        exportSession: notHere,
        importSession: notHere,
      }),
  });
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function caller(url: string, apiKey: string): RunningService['call'] {
  return async (method, path, body, headers = {}) => {
    const response = await fetch(`${url}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        'x-api-key': apiKey,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      body: text === '' ? null : JSON.parse(text),
      headers: response.headers,
    };
  };
}
