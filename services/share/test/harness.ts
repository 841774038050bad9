import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, randomUUID, randomUUIDv7 } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import type { Bus } from '@selfsame/bus/bus';
import { openBus } from '@selfsame/bus/bus';
import { sessionDeleted, shareRevoked, subjectErased } from '@selfsame/contracts/catalog';
import { SubjectErased } from '@selfsame/contracts/session/v1/events';
import { migrate } from '@selfsame/database/migrate';
import { createLifecycle } from '@selfsame/runtime/lifecycle';
import { createLog } from '@selfsame/runtime/log';
import { testNats } from '@selfsame/testing/nats';
import { type TestDatabase, testDatabaseUrl } from '@selfsame/testing/postgres';
import { waitFor } from '@selfsame/testing/wait';
import { sql } from 'kysely';
import { readConfig } from '../src/config.ts';
import type { Context } from '../src/context.ts';
import { migrations } from '../src/migrations.ts';
import { createService, serviceName } from '../src/service.ts';
import {
  type Neighbours,
  newApplication,
  publishedWorkflow,
  serveNeighbours,
  type TestApplication,
  type TestSession,
} from './neighbours.ts';

/** What the public API answered. */
interface ApiAnswer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly body: any;
  readonly headers: Headers;
}

export type Call = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<ApiAnswer>;

/** A replica in this process. */
export interface Replica {
  readonly context: Context;
  readonly url: string;
  readonly grpcPort: number;
  as(caller: TestApplication | string): Call;
  stop(): Promise<void>;
}

/** A replica as a process of its own, which can be killed. */
export interface ReplicaProcess {
  as(caller: TestApplication | string): Call;
  output(): string;
  kill(): Promise<void>;
}

/** The service on a Postgres and NATS of its own, with the neighbours that a test plays. */
export interface World extends Replica {
  readonly postgres: TestDatabase;
  readonly neighbours: Neighbours;
  readonly sharer: TestApplication;
  readonly partner: TestApplication;
  readonly stranger: TestApplication;
  readonly sandbox: TestApplication;
  /** As the session service tells. */
  readonly bus: Bus;
  /** Ids of the shares that were told to be revoked. */
  readonly revoked: string[];
  readonly environment: Readonly<Record<string, string>>;
  addReplica(): Promise<Replica>;
  spawnReplica(environment?: Record<string, string>): Promise<ReplicaProcess>;
  /** A session of the sharer; Approved unless told otherwise. */
  newSession(facts?: Partial<TestSession>): TestSession;
  /** Shares it with the partner, without consent unless that is asked for. */
  share(session: TestSession, body?: Record<string, unknown>): Promise<ApiAnswer>;
  importAs(
    application: TestApplication | string,
    token: string,
    body?: Record<string, unknown>,
  ): Promise<ApiAnswer>;
  /** The sessions that were made of a session. */
  importsOf(session: TestSession): TestSession[];
  tellDeleted(session: TestSession): Promise<void>;
  tellErased(vendorData: string, sessions: readonly TestSession[]): Promise<void>;
  /** Every row of every table as text, by table; bytea reads as hex. */
  dump(): Promise<Map<string, string>>;
  logged(): string;
  close(): Promise<void>;
}

export async function openWorld(
  options: { environment?: Record<string, string>; requiresConsent?: boolean } = {},
): Promise<World> {
  const lines: string[] = [];
  const log = createLog(
    serviceName,
    'debug',
    new Writable({ write: (line, _, done) => done(void lines.push(String(line))) }),
  );
  const [postgres, nats] = await Promise.all([testDatabaseUrl(), testNats()]);
  await migrate({ service: serviceName, url: postgres.url, migrations, log });
  const sharer = newApplication('acme_bank');
  const partner = newApplication('partner_b');
  const stranger = newApplication('stranger');
  const sandbox = newApplication('sandbox_c', 'sandbox');
  const neighbours = await serveNeighbours([sharer, partner, stranger, sandbox], log);
  const grpc = `127.0.0.1:${neighbours.port}`;
  const environment = {
    HTTP_PORT: '0',
    GRPC_PORT: '0',
    DATABASE_URL: postgres.url,
    NATS_URL: nats.url,
    SESSION_GRPC: grpc,
    BIOMETRICS_GRPC: grpc,
    FRAUD_SIGNALS_GRPC: grpc,
    PUBLIC_BASE_URL: 'https://id.example.test',
    SHARE_KEY: randomBytes(32).toString('base64'),
    ...options.environment,
  };
  const stopping: (() => Promise<void>)[] = [];

  async function addReplica(): Promise<Replica> {
    const lifecycle = createLifecycle(log);
    const { context, httpPort, grpcPort } = await createService({
      config: readConfig(environment),
      lifecycle,
      log,
    });
    lifecycle.ready();
    stopping.unshift(lifecycle.stop);
    const url = `http://127.0.0.1:${httpPort}`;
    return { context, url, grpcPort, as: callerAt(url), stop: lifecycle.stop };
  }

  async function spawnReplica(more: Record<string, string> = {}): Promise<ReplicaProcess> {
    const child = spawn(process.execPath, [join(import.meta.dirname, '../src/main.ts')], {
      env: { ...process.env, ...environment, LOG_LEVEL: 'trace', ...more },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    stopping.unshift(() => kill(child));
    const port = await waitFor('the process is ready', () => /"http_port":(\d+)/.exec(output)?.[1], {
      timeoutMs: 30_000,
    });
    return { as: callerAt(`http://127.0.0.1:${port}`), output: () => output, kill: () => kill(child) };
  }

  const first = await addReplica();
  if (!options.requiresConsent) {
    await first.as(sharer)('PATCH', '/v3/share/settings/', { requires_consent: false });
  }
  const bus = await openBus({ service: 'session', url: nats.url, log });
  const revoked: string[] = [];
  await bus.listen(shareRevoked, ({ message }) => void revoked.push(message.shareId));
  const handled = async (id: string) => {
    await waitFor(
      'the event was handled',
      async () => {
        const { rows } = await sql`SELECT FROM inbox WHERE event_id = ${id}`.execute(
          first.context.database.db,
        );
        return rows.length > 0;
      },
      { timeoutMs: 25_000 },
    );
  };

  return {
    ...first,
    postgres,
    neighbours,
    sharer,
    partner,
    stranger,
    sandbox,
    bus,
    revoked,
    environment,
    addReplica,
    spawnReplica,

    newSession(facts = {}) {
      const session = {
        id: randomUUID(),
        applicationId: sharer.id,
        vendorData: `user-${randomBytes(4).toString('hex')}`,
        status: 'Approved',
        sequence: 4,
        userPid: randomBytes(16).toString('hex'),
        imported: undefined,
        ...facts,
      };
      neighbours.sessions.set(session.id, session);
      neighbours.templates.add(`${session.applicationId} ${session.vendorData}`);
      return session;
    },
    share: (session, body = {}) =>
      first.as(sharer)('POST', `/v3/session/${session.id}/share/`, { audience: partner.slug, ...body }),
    importAs: (application, token, body = {}) => importWith(first.as(application), token, body),
    importsOf: ({ id }) =>
      [...neighbours.sessions.values()].filter(({ imported }) => imported?.sharedFrom?.sessionId === id),

    async tellDeleted({ id: sessionId, applicationId }) {
      neighbours.sessions.delete(sessionId);
      const event = randomUUIDv7();
      await bus.publish(sessionDeleted, event, { sessionId, applicationId, occurredAt: new Date() });
      await handled(event);
    },
    async tellErased(vendorData, sessions) {
      const event = randomUUIDv7();
      const message = {
        applicationId: sessions[0]?.applicationId ?? sharer.id,
        vendorData,
        occurredAt: new Date(),
        erasureId: randomUUID(),
        sessionIds: sessions.map(({ id }) => id),
        userPid: sessions[0]?.userPid ?? '',
      };
      for (const { id } of sessions) neighbours.sessions.delete(id);
      await bus.publish(subjectErased, event, SubjectErased.fromPartial(message));
      await handled(event);
    },

    async dump() {
      const { db } = first.context.database;
      const { rows } = await sql<{ name: string }>`
        SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'share'`.execute(db);
      const texts = new Map<string, string>();
      for (const { name } of rows) {
        const table = await sql<{ text: string }>`
          SELECT t::text AS text FROM ${sql.table(name)} AS t`.execute(db);
        texts.set(name, table.rows.map(({ text }) => text).join('\n'));
      }
      return texts;
    },
    logged: () => lines.join(''),

    async close() {
      await bus.close();
      for (const stop of stopping) await stop();
      await neighbours.stop();
      await nats.stop();
      await postgres.drop();
    },
  };
}

/** Imports into the one workflow that there is. */
export function importWith(
  call: Call,
  token: string,
  body: Record<string, unknown> = {},
): Promise<ApiAnswer> {
  return call('POST', '/v3/session/import-shared/', {
    share_token: token,
    workflow_id: publishedWorkflow,
    vendor_data: 'their-user',
    trust_review: true,
    ...body,
  });
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

const callerAt =
  (url: string) =>
  (caller: TestApplication | string): Call =>
  async (method, path, body, headers = {}) => {
    const response = await fetch(`${url}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        'x-api-key': typeof caller === 'string' ? caller : caller.apiKey,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      body: text === '' ? null : JSON.parse(text),
      headers: response.headers,
    };
  };
