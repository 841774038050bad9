import { randomBytes, randomUUID } from 'node:crypto';
import { Writable } from 'node:stream';
import type { Delivered } from '@selfsame/bus/bus';
import { openBus } from '@selfsame/bus/bus';
import { FaceProblem, MatchOutcome, SearchOutcome } from '@selfsame/contracts/biometrics/v1/evidence';
import { CaptureCompleted } from '@selfsame/contracts/capture/v1/events';
import { captureCompleted, sessionStatusChanged } from '@selfsame/contracts/catalog';
import type { SessionStatusChanged } from '@selfsame/contracts/session/v1/events';
import { SessionServiceDefinition } from '@selfsame/contracts/session/v1/service';
import type { Database } from '@selfsame/database/database';
import { migrate } from '@selfsame/database/migrate';
import type { GrpcClient } from '@selfsame/runtime/grpc';
import { connectGrpc } from '@selfsame/runtime/grpc';
import { createLifecycle } from '@selfsame/runtime/lifecycle';
import { createLog } from '@selfsame/runtime/log';
import { testNats } from '@selfsame/testing/nats';
import { testDatabaseUrl } from '@selfsame/testing/postgres';
import { waitFor } from '@selfsame/testing/wait';
import { sql } from 'kysely';
import { createApplication } from '../src/applications.ts';
import { readConfig } from '../src/config.ts';
import type { Context } from '../src/context.ts';
import { secretDigest } from '../src/domain/secrets.ts';
import { migrations } from '../src/migrations.ts';
import type { Tables } from '../src/outbound/tables.ts';
import { createService } from '../src/service.ts';
import type { ScriptedBiometrics } from './biometrics.ts';
import { startBiometrics } from './biometrics.ts';
import type { ScriptedFraudSignals, WireAssessment } from './fraud-signals.ts';
import { startFraudSignals } from './fraud-signals.ts';

/** An answer of the API, its body read as JSON. */
interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  readonly body: any;
}

/** An application as its developers use it. */
interface Client {
  readonly applicationId: string;
  readonly apiKey: string;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Creates a session that must be accepted. */
  create(body: Record<string, unknown>): Promise<Answer['body']>;
}

/** The session service on a Postgres and NATS of its own, with the neighbours that a test plays. */
export interface World {
  readonly context: Context;
  readonly database: Database<Tables>;
  readonly biometrics: ScriptedBiometrics;
  readonly fraudSignals: ScriptedFraudSignals;
  readonly rpc: GrpcClient<typeof SessionServiceDefinition>;
  readonly demo: Client;
  readonly baseUrl: string;
  readonly natsUrl: string;
  readonly databaseUrl: string;
  /** Everything that was logged. */
  logged(): string;
  client(
    slug: string,
    options?: { organization?: string; environment?: 'live' | 'sandbox' },
  ): Promise<Client>;
  /** The status events of a session so far, in their order. */
  events(sessionId: string): SessionStatusChanged[];
  delivered(): readonly Delivered<SessionStatusChanged>[];
  /** Waits until a session was announced in this status. */
  announced(sessionId: string, status: string): Promise<SessionStatusChanged>;
  /** Plays the page: enters, gets an attempt and reports what biometrics would have found. */
  look(
    created: { session_id: string; session_token: string },
    evidence?: Evidence,
    assessment?: WireAssessment,
    applicationId?: string,
  ): Promise<string>;
  report(
    sessionId: string,
    attemptId: string,
    evidence?: Evidence,
    assessment?: WireAssessment,
    applicationId?: string,
  ): Promise<void>;
  /** Publishes like capture does. */
  publish(message: Parameters<typeof CaptureCompleted.fromPartial>[0], eventId?: string): Promise<void>;
  /** Waits until everything published so far was handled and told. @returns how many events could not be */
  settled(): Promise<number>;
  close(): Promise<void>;
}

export type Evidence = Partial<NonNullable<CaptureCompleted['evidence']>>;

/** The first bytes of a JPEG, which is all that this service looks at. */
export const portrait = Buffer.from('ffd8ffe000104a464946000101', 'hex').toString('base64');

const good = {
  faceCount: 1,
  problem: FaceProblem.UNSPECIFIED,
  livenessScore: 97.123,
  faceQuality: 61.5,
  faceLuminance: 52.25,
  matchOutcome: MatchOutcome.COMPARED,
  similarityScore: 96.126,
  searchOutcome: SearchOutcome.SEARCHED,
  pipelineVersion: 'test-1',
};

export async function openWorld(environment: Record<string, string> = {}): Promise<World> {
  const lines: string[] = [];
  const log = createLog(
    'session',
    'debug',
    new Writable({ write: (line, _, done) => done(void lines.push(String(line))) }),
  );
  const [postgres, nats, biometrics, fraudSignals] = await Promise.all([
    testDatabaseUrl(),
    testNats(),
    startBiometrics(log),
    startFraudSignals(log),
  ]);
  await migrate({ service: 'session', url: postgres.url, migrations, log });
  const lifecycle = createLifecycle(log);
  const config = readConfig({
    HTTP_PORT: '0',
    GRPC_PORT: '0',
    DATABASE_URL: postgres.url,
    NATS_URL: nats.url,
    BIOMETRICS_GRPC: biometrics.address,
    FRAUD_SIGNALS_GRPC: fraudSignals.address,
    PUBLIC_BASE_URL: 'https://id.example',
    SESSION_TOKEN_KEY: randomBytes(32).toString('base64'),
    SWEEP_INTERVAL_MS: '3600000',
    ...environment,
  });
  const { context, httpPort, grpcPort } = await createService(config, lifecycle, log);
  const { client: rpc, close: closeRpc } = connectGrpc(SessionServiceDefinition, `127.0.0.1:${grpcPort}`, {
    deadlineMs: 5_000,
  });
  const capture = await openBus({ service: 'capture', url: nats.url, log });
  const published = new Set<string>();
  const delivered: Delivered<SessionStatusChanged>[] = [];
  await capture.listen(sessionStatusChanged, (event) => void delivered.push(event));
  const baseUrl = `http://127.0.0.1:${httpPort}`;

  const client: World['client'] = async (slug, { organization, environment = 'live' } = {}) => {
    const { applicationId, apiKey } = await createApplication(context.database, {
      slug,
      name: slug,
      environment,
      organization,
    });
    const call: Client['call'] = async (method, path, body, headers = {}) => {
      const response = await fetch(`${baseUrl}${path}`, {
        method,
        headers: {
          'x-api-key': apiKey,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        redirect: 'manual',
      });
      const text = await response.text();
      return {
        status: response.status,
        headers: response.headers,
        body: text === '' ? null : JSON.parse(text),
      };
    };
    return {
      applicationId,
      apiKey,
      call,
      async create(body) {
        const answer = await call('POST', '/v3/session/', body);
        if (answer.status !== 201) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
        return answer.body;
      },
    };
  };
  const demo = await client('demo');

  const world: World = {
    context,
    database: context.database,
    biometrics,
    fraudSignals,
    rpc,
    demo,
    baseUrl,
    natsUrl: nats.url,
    databaseUrl: postgres.url,
    logged: () => lines.join(''),
    client,
    delivered: () => delivered,
    events: (sessionId) => {
      const unique = new Map(delivered.map((event) => [event.id, event.message]));
      return [...unique.values()]
        .filter((message) => message.sessionId === sessionId)
        .sort((a, b) => Number(a.sequence - b.sequence));
    },
    announced: (sessionId, status) =>
      waitFor(`${sessionId} announced as ${status}`, () =>
        world.events(sessionId).findLast((message) => message.status === status),
      ),
    async look(created, evidence, assessment, applicationId) {
      const tokenSha256 = secretDigest(created.session_token);
      await rpc.openSession({ tokenSha256 });
      const attemptId = randomUUID();
      await rpc.beginAttempt({ tokenSha256, attemptId });
      await world.report(created.session_id, attemptId, evidence, assessment, applicationId);
      return attemptId;
    },
    async report(
      sessionId,
      attemptId,
      evidence = {},
      assessment = undefined,
      applicationId = demo.applicationId,
    ) {
      await world.publish({
        sessionId,
        applicationId,
        attemptId,
        receivedAt: new Date(),
        tookMs: 40,
        evidence: { ...good, ...evidence },
        assessment,
      });
    },
    async publish(message, eventId = randomUUID()) {
      published.add(eventId);
      await capture.publish(captureCompleted, eventId, CaptureCompleted.fromPartial(message));
    },
    settled: () =>
      waitFor('all evidence handled', async () => {
        const ids = [...published];
        const { rows } = await sql<{ handled: number; dead: number; told: string[] }>`
          SELECT (SELECT count(*) FROM inbox WHERE event_id = ANY (${ids}::text[])) AS handled,
            (SELECT count(*) FROM dead_letters) AS dead,
            ARRAY(SELECT id FROM outbox WHERE subject = ${sessionStatusChanged.subject}) AS told
          `.execute(context.database.db);
        const [state] = rows;
        const heard = new Set(delivered.map((event) => event.id));
        const quiet =
          state !== undefined &&
          state.handled + state.dead >= ids.length &&
          state.told.every((id) => heard.has(id));
        return quiet && { dead: state.dead };
      }).then(({ dead }) => dead),
    async close() {
      closeRpc();
      await capture.close();
      await lifecycle.stop();
      await biometrics.stop();
      await fraudSignals.stop();
      await nats.stop();
      await postgres.drop();
    },
  };
  return world;
}
