import { createHash, randomBytes, randomUUID, randomUUIDv7 } from 'node:crypto';
import { Writable } from 'node:stream';
import type { Bus } from '@selfsame/bus/bus';
import { openBus } from '@selfsame/bus/bus';
import { FaceProblem } from '@selfsame/contracts/biometrics/v1/evidence';
import type {
  DropFaceListEntryRequest,
  PutFaceListEntryRequest,
} from '@selfsame/contracts/biometrics/v1/service';
import { BiometricsServiceDefinition } from '@selfsame/contracts/biometrics/v1/service';
import { sessionDeleted, sessionStatusChanged, subjectErased } from '@selfsame/contracts/catalog';
import type { Assessment } from '@selfsame/contracts/fraud_signals/v1/assessment';
import type { Fact } from '@selfsame/contracts/fraud_signals/v1/observation';
import type { DeepPartial } from '@selfsame/contracts/fraud_signals/v1/service';
import {
  AssessmentPhase,
  AssessRequest,
  FraudSignalsServiceDefinition,
} from '@selfsame/contracts/fraud_signals/v1/service';
import { SessionStatusChanged, SubjectErased } from '@selfsame/contracts/session/v1/events';
import type { DescribeSessionResponse } from '@selfsame/contracts/session/v1/service';
import { SessionServiceDefinition } from '@selfsame/contracts/session/v1/service';
import { migrate } from '@selfsame/database/migrate';
import { Failure } from '@selfsame/runtime/errors';
import type { GrpcClient } from '@selfsame/runtime/grpc';
import { connectGrpc, serveGrpc } from '@selfsame/runtime/grpc';
import { createLifecycle } from '@selfsame/runtime/lifecycle';
import { createLog, type Log } from '@selfsame/runtime/log';
import { testNats } from '@selfsame/testing/nats';
import { type TestDatabase, testDatabaseUrl } from '@selfsame/testing/postgres';
import { waitFor } from '@selfsame/testing/wait';
import { sql } from 'kysely';
import { readConfig } from '../src/config.ts';
import type { Context } from '../src/context.ts';
import { factKinds, isFactName } from '../src/domain/facts.ts';
import { migrations } from '../src/migrations.ts';
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

type Call = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<ApiAnswer>;

/** The neighbours, on real gRPC servers, with answers as a test wants them. */
export interface Neighbours {
  /** What the session service says of sessions, by id. */
  readonly sessions: Map<string, DescribeSessionResponse>;
  /** Faces that biometrics was told to put on lists or to take off. */
  readonly putFaces: PutFaceListEntryRequest[];
  readonly droppedFaces: DropFaceListEntryRequest[];
  /** What biometrics answers to the next faces; a failure also when they are taken off. */
  faceAnswer: FaceProblem | Failure;
}

/** The service on a Postgres and NATS of its own, with the neighbours that a test plays. */
export interface World {
  readonly context: Context;
  readonly postgres: TestDatabase;
  readonly rpc: GrpcClient<typeof FraudSignalsServiceDefinition>;
  /** As the session service tells. */
  readonly bus: Bus;
  readonly neighbours: Neighbours;
  readonly application: TestApplication;
  readonly otherApplication: TestApplication;
  readonly url: string;
  readonly call: Call;
  as(application: TestApplication): Call;
  /** Assesses a visit of `application`, at OPENING unless told otherwise, and waits until it is written down. */
  assess(request?: DeepPartial<AssessRequest>): Promise<Assessment>;
  /** Tells a change of status; Approved unless told otherwise. @returns the event id */
  tell(message: Partial<SessionStatusChanged>, id?: string): Promise<string>;
  tellDeleted(sessionId: string): Promise<string>;
  tellErased(vendorData: string, applicationId?: string): Promise<string>;
  /** Waits until everything told so far was handled, and nothing of it failed. */
  settled(): Promise<void>;
  /** Every row of every table as text, by table; bytea reads as hex. */
  dump(): Promise<Map<string, string>>;
  /** Everything that was logged. */
  logged(): string;
  close(): Promise<void>;
}

/** Facts as they travel. @throws for a name or a value that the table of facts does not have */
export function factsOf(values: Readonly<Record<string, unknown>>): Fact[] {
  return Object.entries(values).map(([name, value]) => {
    if (!isFactName(name)) throw new Error(`no fact is called ${name}`);
    if (value === null) return { name, value: undefined };
    const kind = factKinds[name] as string;
    return {
      name,
      value: (kind === 'texts'
        ? { $case: kind, value: { items: value } }
        : { $case: kind, value }) as Fact['value'],
    };
  });
}

/** SHA-256 of a text, as pages tell of keys and cookies. */
export function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

export async function openWorld(environment: Record<string, string> = {}): Promise<World> {
  const lines: string[] = [];
  const log = createLog(
    serviceName,
    'debug',
    new Writable({ write: (line, _, done) => done(void lines.push(String(line))) }),
  );
  const [postgres, nats] = await Promise.all([testDatabaseUrl(), testNats()]);
  await migrate({ service: serviceName, url: postgres.url, migrations, log });
  const application = newApplication();
  const otherApplication = newApplication();
  const { neighbours, port, stop } = await serveNeighbours([application, otherApplication], log);
  const lifecycle = createLifecycle(log);
  const config = readConfig({
    HTTP_PORT: '0',
    GRPC_PORT: '0',
    DATABASE_URL: postgres.url,
    NATS_URL: nats.url,
    SESSION_GRPC: `127.0.0.1:${port}`,
    BIOMETRICS_GRPC: `127.0.0.1:${port}`,
    SIGNALS_KEY: randomBytes(32).toString('base64'),
    ...environment,
  });
  const { context, httpPort, grpcPort } = await createService({ config, lifecycle, log });
  lifecycle.ready();
  const { client: rpc, close: closeRpc } = connectGrpc(
    FraudSignalsServiceDefinition,
    `127.0.0.1:${grpcPort}`,
    { deadlineMs: 10_000 },
  );
  const bus = await openBus({ service: 'session', url: nats.url, log });
  const told: string[] = [];
  const url = `http://127.0.0.1:${httpPort}`;
  const { db } = context.database;

  return {
    context,
    postgres,
    rpc,
    bus,
    neighbours,
    application,
    otherApplication,
    url,
    call: caller(url, application.apiKey),
    as: ({ apiKey }) => caller(url, apiKey),

    async assess(request = {}) {
      const { assessment } = await rpc.assess(
        AssessRequest.fromPartial({
          phase: AssessmentPhase.OPENING,
          ...request,
          session: { applicationId: application.id, sessionId: randomUUID(), ...request.session },
        }),
      );
      if (assessment === undefined) throw new Error('answered without an assessment');
      await context.records.written();
      return assessment;
    },

    async tell(message, id = randomUUIDv7()) {
      told.push(id);
      await bus.publish(sessionStatusChanged, id, statusChanged(application.id, message));
      return id;
    },
    async tellDeleted(sessionId) {
      const id = randomUUIDv7();
      told.push(id);
      const message = { sessionId, applicationId: application.id, occurredAt: new Date() };
      await bus.publish(sessionDeleted, id, message);
      return id;
    },
    async tellErased(vendorData, applicationId = application.id) {
      const id = randomUUIDv7();
      told.push(id);
      await bus.publish(
        subjectErased,
        id,
        SubjectErased.fromPartial({ applicationId, vendorData, occurredAt: new Date() }),
      );
      return id;
    },
    async settled() {
      await waitFor('all events handled', async () => {
        const { rows } = await sql<{ handled: number }>`
          SELECT count(DISTINCT event_id) AS handled FROM inbox WHERE event_id = ANY (${told}::text[])`.execute(
          db,
        );
        return rows[0]?.handled === new Set(told).size;
      });
    },

    async dump() {
      const { rows } = await sql<{ name: string }>`
        SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'fraud_signals'`.execute(
        db,
      );
      const texts = new Map<string, string>();
      for (const { name } of rows) {
        const table = await sql<{
          text: string;
        }>`SELECT t::text AS text FROM ${sql.table(name)} AS t`.execute(db);
        texts.set(name, table.rows.map(({ text }) => text).join('\n'));
      }
      return texts;
    },
    logged: () => lines.join(''),

    async close() {
      closeRpc();
      await bus.close();
      await lifecycle.stop();
      await stop();
      await nats.stop();
      await postgres.drop();
    },
  };
}

/** An event of a session that was Approved just now, without a look behind it. */
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
    occurredAt: new Date(),
    ...message,
  });
}

function newApplication(): TestApplication {
  return { id: randomUUID(), apiKey: `key-${randomBytes(16).toString('hex')}` };
}

/** Both neighbours answer on one port. */
async function serveNeighbours(applications: readonly TestApplication[], log: Log) {
  const neighbours: Neighbours = {
    sessions: new Map(),
    putFaces: [],
    droppedFaces: [],
    faceAnswer: FaceProblem.UNSPECIFIED,
  };
  const notHere = async () => {
    throw new Failure('internal', 'not_here', 'not part of this test');
  };
  const { port, stop } = await serveGrpc({
    host: '127.0.0.1',
    port: 0,
    log,
    maxMessageBytes: 8 * 1024 * 1024,
    services(server) {
      server.add(SessionServiceDefinition, {
        async authenticateKey({ keySha256 }) {
          const found = applications.find(({ apiKey }) => digest(apiKey).equals(keySha256));
          if (!found) throw new Failure('not_found', 'unknown_key', 'Unknown key');
          return { applicationId: found.id, slug: 'test', name: 'Test', environment: 'live', keyId: 'key' };
        },
        async describeSession({ sessionId }) {
          const found = neighbours.sessions.get(sessionId);
          if (!found) throw new Failure('not_found', 'session_unknown', 'Unknown session');
          return found;
        },
        readSession: notHere,
        openSession: notHere,
        beginChallenge: notHere,
        beginAttempt: notHere,
        leaveSession: notHere,
        forgetDevice: notHere,
        findApplication: notHere,
        exportSession: notHere,
        importSession: notHere,
      });
      server.add(BiometricsServiceDefinition, {
        async putFaceListEntry(request) {
          if (neighbours.faceAnswer instanceof Failure) throw neighbours.faceAnswer;
          if (neighbours.faceAnswer === FaceProblem.UNSPECIFIED) neighbours.putFaces.push(request);
          return { problem: neighbours.faceAnswer };
        },
        async dropFaceListEntry(request) {
          if (neighbours.faceAnswer instanceof Failure) throw neighbours.faceAnswer;
          neighbours.droppedFaces.push(request);
          return {};
        },
        verify: notHere,
        analyse: notHere,
        examine: notHere,
        forget: notHere,
        bindReference: notHere,
        hasTemplate: notHere,
        grantReference: notHere,
        linkImages: notHere,
      });
    },
  });
  return { neighbours, port, stop };
}

function caller(url: string, apiKey: string): Call {
  return async (method, path, body, headers = {}) => {
    const response = await fetch(`${url}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        'x-api-key': apiKey,
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
}
