import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig as readCaptureConfig } from '@selfsame/capture/config';
import { createService as createCapture } from '@selfsame/capture/service';
import {
  FaceEvidence,
  FaceProblem,
  MatchOutcome,
  SearchOutcome,
} from '@selfsame/contracts/biometrics/v1/evidence';
import type {
  BiometricsServiceImplementation,
  VerifyRequest,
} from '@selfsame/contracts/biometrics/v1/service';
import { BiometricsServiceDefinition } from '@selfsame/contracts/biometrics/v1/service';
import { migrate } from '@selfsame/database/migrate';
import { Failure } from '@selfsame/runtime/errors';
import { serveGrpc } from '@selfsame/runtime/grpc';
import { createLifecycle } from '@selfsame/runtime/lifecycle';
import { createLog } from '@selfsame/runtime/log';
import { createApplication } from '@selfsame/session/applications';
import { beginAttempt } from '@selfsame/session/attempts';
import { readConfig as readSessionConfig } from '@selfsame/session/config';
import { migrations } from '@selfsame/session/migrations';
import { createService as createSession } from '@selfsame/session/service';
import { testNats } from '@selfsame/testing/nats';
import { testDatabaseUrl } from '@selfsame/testing/postgres';
import type { Face } from './hill-climber.ts';
import { cosine } from './hill-climber.ts';

export type OracleWorld = Awaited<ReturnType<typeof startOracleWorld>>;

/** Session and capture as they are, on real Postgres and NATS, beside a biometrics that scores pictures by their content. */
export async function startOracleWorld(target: Face) {
  const log = createLog('oracle', 'silent');
  const lifecycle = createLifecycle(log);
  const [postgres, nats] = await Promise.all([testDatabaseUrl(), testNats()]);
  const seen = { looks: 0 };
  const biometrics = await serveGrpc({
    host: '127.0.0.1',
    port: 0,
    log,
    services: (server) => server.add(BiometricsServiceDefinition, scoringBiometrics(target, seen)),
  });
  const biometricsGrpc = `127.0.0.1:${biometrics.port}`;
  await migrate({ service: 'session', url: postgres.url, migrations, log });
  const shared = {
    HTTP_PORT: '0',
    GRPC_PORT: '0',
    NATS_URL: nats.url,
    BIOMETRICS_GRPC: biometricsGrpc,
    // Nobody answers there: a workflow without rules and IP_ANALYSIS goes on without assessments.
    FRAUD_SIGNALS_GRPC: '127.0.0.1:1',
  };
  const session = await createSession(
    readSessionConfig({
      ...shared,
      DATABASE_URL: postgres.url,
      PUBLIC_BASE_URL: 'https://id.example',
      SESSION_TOKEN_KEY: randomBytes(32).toString('base64'),
    }),
    lifecycle,
    log,
  );
  const page = await mkdtemp(join(tmpdir(), 'selfsame-oracle-page-'));
  await mkdir(join(page, 'capture-assets'));
  await mkdir(join(page, 'consent'));
  for (const name of ['index.html', 'consent/index.html']) {
    await writeFile(join(page, name), '<!doctype html>');
  }
  const sessionGrpc = `127.0.0.1:${session.grpcPort}`;
  const capture = await createCapture(
    readCaptureConfig({
      ...shared,
      SESSION_GRPC: sessionGrpc,
      SHARE_GRPC: '127.0.0.1:1',
      CAPTURE_PAGE_DIRECTORY: page,
    }),
    lifecycle,
    log,
  );
  const { database } = session.context;
  const { apiKey } = await createApplication(database, { slug: 'demo', name: 'demo', environment: 'live' });

  async function api(method: string, path: string, body?: unknown) {
    const response = await fetch(`http://127.0.0.1:${session.httpPort}${path}`, {
      method,
      headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    // biome-ignore lint/suspicious/noExplicitAny: bodies are read as the contract's tables name them
    return (await response.json()) as any;
  }
  const workflow = await api('POST', '/v3/workflows/', {
    features: [{ feature: 'LIVENESS' }, { feature: 'FACE_MATCH' }],
  });
  let definitions = 0;

  const unknown = Buffer.alloc(0);
  return {
    seen,
    /**
     * What session does first with every upload, one after the other in one transaction, since a refusal writes nothing.
     * @returns for each why no look is granted; null where one is
     */
    begin: (asked: readonly { tokenSha256: Buffer; attemptId: string }[]) =>
      database.transaction(async (tx) => {
        const shared: typeof database = { ...database, transaction: (run) => run(tx) };
        const context = { ...session.context, database: shared };
        const digests = { deviceSha256: unknown, networkSha256: unknown };
        const refusals: (Failure | null)[] = [];
        for (const { tokenSha256, attemptId } of asked) {
          try {
            await beginAttempt(context, tokenSha256, {
              attemptId,
              nonce: '',
              picturesSha256: unknown,
              ...digests,
            });
            refusals.push(null);
          } catch (error) {
            if (!(error instanceof Failure)) throw error;
            refusals.push(error);
          }
        }
        return refusals;
      }),
    pageUrl: `http://127.0.0.1:${capture.httpPort}`,
    /** A session of its own: the application changes its workflow, else the subject's waiting session would come back. */
    async newSession(vendorData: string): Promise<{ token: string; tokenSha256: Buffer }> {
      definitions += 1;
      await api('PATCH', `/v3/workflows/${workflow.uuid}/`, { workflow_label: `Sign-in ${definitions}` });
      const body = { workflow_id: workflow.uuid, vendor_data: vendorData };
      const { session_token: token } = await api('POST', '/v3/session/', body);
      return { token, tokenSha256: createHash('sha256').update(token).digest() };
    },
    /** Half an hour passes. */
    async endLocks(): Promise<void> {
      await database.db
        .updateTable('lockouts')
        .set({ locked_until: new Date(Date.now() - 1) })
        .execute();
    },
    async stop(): Promise<void> {
      await lifecycle.stop();
      await biometrics.stop();
      await nats.stop();
      await postgres.drop();
      await rm(page, { recursive: true, force: true });
    },
  };
}

/** A picture that carries its face, and whether the light was good. Bytes that begin as a JPEG does. */
export function pictureOf(face: Face, isDark = false): Buffer<ArrayBuffer> {
  const bytes = Buffer.from(new Float64Array(face).buffer);
  return Buffer.from([0xff, 0xd8, 0xff, 0xe0, Number(isDark), ...bytes]);
}

/** The face in a picture that `pictureOf` made. */
export function faceOf(picture: Uint8Array): Face {
  // Copied: what comes in a message lies anywhere in memory.
  return new Float64Array(Uint8Array.from(picture.subarray(5)).buffer);
}

/** 0..100, as a calibrated similarity would be. */
export function similarity(one: Face, other: Face): number {
  return Math.max(0, 100 * cosine(one, other));
}

function scoringBiometrics(target: Face, seen: { looks: number }): BiometricsServiceImplementation {
  const unused = () => {
    throw new Failure('internal', 'unused', 'Nobody asks this here.');
  };
  return {
    async verify({ image }: VerifyRequest) {
      seen.looks += 1;
      return {
        evidence: FaceEvidence.fromPartial({
          faceCount: 1,
          problem: image[4] === 1 ? FaceProblem.TOO_DARK : FaceProblem.UNSPECIFIED,
          livenessScore: 97,
          faceQuality: 60,
          faceLuminance: 50,
          matchOutcome: MatchOutcome.COMPARED,
          similarityScore: similarity(faceOf(image), target),
          searchOutcome: SearchOutcome.SEARCHED,
        }),
      };
    },
    hasTemplate: async () => ({ exists: true }),
    bindReference: unused,
    analyse: unused,
    examine: unused,
    forget: unused,
    putFaceListEntry: unused,
    dropFaceListEntry: unused,
    grantReference: unused,
    linkImages: unused,
  };
}
