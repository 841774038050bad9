import { randomBytes, randomUUID, randomUUIDv7 } from 'node:crypto';
import { Writable } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { openBus } from '@selfsame/bus/bus';
import { FaceEvidence, ReferenceKind } from '@selfsame/contracts/biometrics/v1/evidence';
import { BiometricsServiceDefinition, type VerifyRequest } from '@selfsame/contracts/biometrics/v1/service';
import { sessionDeleted, sessionStatusChanged } from '@selfsame/contracts/catalog';
import { SessionDeleted, SessionStatusChanged } from '@selfsame/contracts/session/v1/events';
import { openDatabase } from '@selfsame/database/database';
import { migrate } from '@selfsame/database/migrate';
import { connectGrpc } from '@selfsame/runtime/grpc';
import { createLifecycle } from '@selfsame/runtime/lifecycle';
import { createLog } from '@selfsame/runtime/log';
import { testNats } from '@selfsame/testing/nats';
import { testDatabaseUrl } from '@selfsame/testing/postgres';
import { waitFor } from '@selfsame/testing/wait';
import { readConfig } from '../src/config.ts';
import { migrations } from '../src/migrations.ts';
import type { BiometricsTables } from '../src/outbound/tables.ts';
import { createService, serviceName } from '../src/service.ts';
import { face } from './faces.ts';

export type World = Awaited<ReturnType<typeof openWorld>>;

/** One session of one application, seen from outside. */
export interface TestSession {
  readonly applicationId: string;
  readonly sessionId: string;
  readonly vendorData: string;
}

/** A new session, of a new subject of a new application unless told otherwise. */
export function newSession(given: Partial<TestSession> = {}): TestSession {
  return {
    applicationId: randomUUID(),
    sessionId: randomUUID(),
    vendorData: `user-${randomUUID()}`,
    ...given,
  };
}

/** The service on a Postgres and a NATS of its own, called through its own client, told of sessions by events. */
export async function openWorld(environment: Record<string, string> = {}) {
  const logged: string[] = [];
  const sink = new Writable({
    write(line, _encoding, done) {
      logged.push(String(line));
      done();
    },
  });
  const log = createLog(serviceName, 'trace', sink);
  const [postgres, nats] = await Promise.all([testDatabaseUrl(), testNats()]);
  await migrate({ service: serviceName, url: postgres.url, migrations, log });
  const biometricKey = randomBytes(32);
  const settings = {
    HTTP_PORT: '0',
    GRPC_PORT: '0',
    DATABASE_URL: postgres.url,
    NATS_URL: nats.url,
    SESSION_GRPC: '127.0.0.1:1',
    BIOMETRIC_KEY: biometricKey.toString('base64'),
    BIOMETRICS_WORKERS: '2',
    ...environment,
  };

  const workers: Worker[] = [];
  const lifecycle = createLifecycle(log);
  const { grpcPort, httpPort } = await createService({
    config: readConfig(settings),
    lifecycle,
    log,
    spawn(start) {
      const worker = new Worker(new URL('./mortal-worker.ts', import.meta.url), { workerData: start });
      workers.push(worker);
      return worker;
    },
  });
  const { client, close: closeClient } = connectGrpc(BiometricsServiceDefinition, `127.0.0.1:${grpcPort}`, {
    // Of a call on a machine with much else to do: what would wait longer than its deadline is refused.
    deadlineMs: 600_000,
    maxMessageBytes: 32 * 1024 * 1024,
  });
  // A first connection that takes longer than a second counts as none: where all cores are taken it may.
  const nobody = { applicationId: randomUUID(), sessionId: randomUUID(), imageIds: [] };
  await waitFor('the service answers', () => client.linkImages(nobody), { timeoutMs: 60_000 });
  const bus = await openBus({ service: 'session', url: nats.url, log });
  const database = await openDatabase<BiometricsTables>({
    service: serviceName,
    url: postgres.url,
    migrations,
  });

  const events = () => database.db.selectFrom('inbox' as never).select(({ fn }) => fn.countAll().as('count'));
  /** Rises with every status that is told, as it does within a session. */
  let sequence = 0;
  const world = {
    client,
    /** Of its gRPC, for a neighbour under test. */
    address: `127.0.0.1:${grpcPort}`,
    /** Of its public routes. */
    httpUrl: `http://127.0.0.1:${httpPort}`,
    settings,
    biometricKey,
    postgresUrl: postgres.url,
    /** Lines of the service's log so far. */
    logged,
    /** Every inference thread ever started, in order. */
    workers,
    log,
    db: database.db,

    /** A look at a sample face as an attempt of a session. */
    async verify(
      session: TestSession,
      picture: string | Uint8Array,
      request: Partial<VerifyRequest> = {},
    ): Promise<FaceEvidence> {
      const image = Buffer.from(typeof picture === 'string' ? face(picture) : picture);
      const { evidence } = await client.verify({
        ...session,
        attemptId: randomUUID(),
        reference: ReferenceKind.NONE,
        ...request,
        image,
      });
      return evidence ?? FaceEvidence.create();
    },

    /** A look that may enrol. @returns the id of the candidate that it left */
    async keep(session: TestSession, picture: string): Promise<string> {
      const { candidateId } = await world.verify(session, picture, { keepCandidate: true });
      if (candidateId === '') throw new Error(`no candidate was kept of ${picture}`);
      return candidateId;
    },

    /** A look that may enrol, followed by the verdict that enrols. */
    async enrol(session: TestSession, picture: string): Promise<void> {
      await world.enter(session, 'Approved', { candidateId: await world.keep(session, picture) });
    },

    /** Tells that a session that enrols entered a status, and waits until the service has taken note. */
    async enter(
      session: TestSession,
      status: string,
      more: Partial<SessionStatusChanged> & { eventId?: string } = {},
    ): Promise<void> {
      const { eventId = randomUUIDv7(), ...message } = more;
      await bus.publish(
        sessionStatusChanged,
        eventId,
        SessionStatusChanged.fromPartial({
          ...session,
          status,
          enrols: true,
          sequence: BigInt(++sequence),
          occurredAt: new Date(),
          ...message,
        }),
      );
      await world.settled(eventId);
    },

    async deleteSession(session: TestSession): Promise<void> {
      const eventId = randomUUIDv7();
      const message = SessionDeleted.fromPartial({ ...session, occurredAt: new Date() });
      await bus.publish(sessionDeleted, eventId, message);
      await world.settled(eventId);
    },

    async settled(eventId: string): Promise<void> {
      await waitFor(`event ${eventId} is handled`, async () => {
        const row = await events()
          .where('event_id' as never, '=', eventId as never)
          .executeTakeFirst();
        return Number((row as { count: unknown } | undefined)?.count) > 0;
      });
    },

    /** Kinds of the templates that are kept for an application, sorted. */
    async kept({ applicationId }: Pick<TestSession, 'applicationId'>): Promise<string[]> {
      const rows = await database.db
        .selectFrom('templates')
        .select('kind')
        .where('application_id', '=', applicationId)
        .orderBy('kind')
        .execute();
      return rows.map(({ kind }) => kind);
    },

    async close(): Promise<void> {
      await bus.close();
      closeClient();
      await lifecycle.stop();
      await database.close();
      await nats.stop();
      await postgres.drop();
    },
  };
  return world;
}
