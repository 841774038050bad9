import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { GrantReferenceRequest } from '@selfsame/contracts/biometrics/v1/service';
import { BiometricsServiceDefinition } from '@selfsame/contracts/biometrics/v1/service';
import { FraudSignalsServiceDefinition } from '@selfsame/contracts/fraud_signals/v1/service';
import type { ExportSessionResponse, ImportSessionRequest } from '@selfsame/contracts/session/v1/service';
import {
  ExportSessionResponse as Exported,
  SessionServiceDefinition,
} from '@selfsame/contracts/session/v1/service';
import { Failure } from '@selfsame/runtime/errors';
import { serveGrpc } from '@selfsame/runtime/grpc';
import type { Log } from '@selfsame/runtime/log';

/** One application, as the session service knows it. */
export interface TestApplication {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly environment: 'live' | 'sandbox';
  readonly apiKey: string;
}

/** A session, as the session service knows it. */
export interface TestSession {
  readonly id: string;
  readonly applicationId: string;
  vendorData: string;
  status: string;
  sequence: number;
  userPid: string;
  /** What was imported; empty for one that was not. */
  imported: ImportSessionRequest | undefined;
  /** Digests of the keys of the devices that took its selfies. */
  deviceKeys?: Buffer[];
  language?: string;
}

/** Where a call of a neighbour can be held up, broken or watched. */
export type Point =
  | 'export'
  | 'import'
  /** The session is made; nobody has been told. */
  | 'imported'
  | 'grant'
  | 'granted'
  | 'name';

/** session, biometrics and fraud-signals, on one real gRPC server, with answers as a test wants them. */
export interface Neighbours {
  readonly port: number;
  readonly sessions: Map<string, TestSession>;
  readonly grants: Map<string, GrantReferenceRequest>;
  /** Subjects that have a template, as `application vendor_data`. */
  readonly templates: Set<string>;
  /** Runs at each point; what it throws is what the caller gets. */
  at: (point: Point) => Promise<void>;
  /** How often each point was passed. */
  readonly passed: Record<Point, number>;
  stop(): Promise<void>;
}

/** The only workflow of every application. */
export const publishedWorkflow = 'partner_wf';

/** What a session tells of itself, and nobody else may see. */
export const secretFinding = 'finding-nobody-may-see';

export const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

export function newApplication(slug: string, environment: 'live' | 'sandbox' = 'live'): TestApplication {
  const apiKey = `key-${randomBytes(16).toString('hex')}`;
  return { id: randomUUID(), slug, name: `${slug} GmbH`, environment, apiKey };
}

/** Keys of one application: a minute has room for so many calls of one key. */
export const moreKeysOf = ({ apiKey }: TestApplication, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${apiKey}+${index}`);

export async function serveNeighbours(
  applications: readonly TestApplication[],
  log: Log,
): Promise<Neighbours> {
  const sessions = new Map<string, TestSession>();
  const grants = new Map<string, GrantReferenceRequest>();
  const templates = new Set<string>();
  const passed = { export: 0, import: 0, imported: 0, grant: 0, granted: 0, name: 0 };
  const neighbours = { sessions, grants, templates, passed, at: async (_point: Point) => {} };
  const pass = async (point: Point) => {
    passed[point] += 1;
    await neighbours.at(point);
  };
  const notHere = async () => {
    throw new Failure('internal', 'not_here', 'not part of this test');
  };
  const ofApplication = (applicationId: string, sessionId: string) => {
    const found = sessions.get(sessionId);
    if (found?.applicationId === applicationId) return found;
    throw new Failure('not_found', 'session_not_found', 'The application has no such session.');
  };

  const { port, stop } = await serveGrpc({
    host: '127.0.0.1',
    port: 0,
    log,
    services(server) {
      server.add(SessionServiceDefinition, {
        async authenticateKey({ keySha256 }) {
          const found = applications.find((each) =>
            [each.apiKey, ...moreKeysOf(each, 8)].some((key) => digest(key).equals(keySha256)),
          );
          if (!found) throw new Failure('not_found', 'unknown_key', 'Unknown key');
          const { id: applicationId, slug, name, environment } = found;
          return { applicationId, slug, name, environment, keyId: 'key' };
        },
        async findApplication({ reference }) {
          const found = applications.find(
            ({ id, slug, name }) =>
              id === reference || slug === reference || name.toLowerCase() === reference.toLowerCase(),
          );
          if (!found)
            throw new Failure('not_found', 'application_not_found', 'There is no such application.');
          const { id: applicationId, slug, name, environment } = found;
          return { applicationId, slug, name, environment };
        },
        async exportSession({ applicationId, sessionId }) {
          await pass('export');
          const session = ofApplication(applicationId, sessionId);
          if (session.imported) throw new Failure('precondition', 'session_imported', 'It was imported.');
          if (!['Approved', 'Declined', 'In Review'].includes(session.status)) {
            throw new Failure('precondition', 'session_unfinished', 'It is not finished.');
          }
          return exported(session, applications);
        },
        async importSession(request) {
          await pass('import');
          if (!request.snapshotJson.includes(secretFinding)) {
            throw new Failure('invalid', 'snapshot_invalid', 'This is no snapshot of a session.');
          }
          const session = sessions.get(request.importId) ?? made(request);
          sessions.set(session.id, session);
          await pass('imported');
          return {
            decisionJson: JSON.stringify(decisionOf(session)),
            userPid: session.userPid,
          };
        },
        async describeSession({ applicationId, sessionId }) {
          const { vendorData } = ofApplication(applicationId, sessionId);
          return { sessionNumber: 1n, vendorData, email: '', phone: '' };
        },
        readSession: notHere,
        openSession: notHere,
        beginChallenge: notHere,
        beginAttempt: notHere,
        leaveSession: notHere,
        forgetDevice: notHere,
      });
      server.add(FraudSignalsServiceDefinition, {
        nameDevice: async ({ applicationId, keySha256 }) => {
          await pass('name');
          return { deviceName: deviceName(applicationId, keySha256) };
        },
        assess: notHere,
        checkRules: notHere,
        forgetDevices: notHere,
      });
      server.add(BiometricsServiceDefinition, {
        async grantReference(request) {
          await pass('grant');
          const { from } = request;
          const granted = templates.has(`${from?.applicationId} ${from?.vendorData}`);
          if (granted) grants.set(request.grantId, request);
          await pass('granted');
          return { granted };
        },
        putFaceListEntry: notHere,
        dropFaceListEntry: notHere,
        verify: notHere,
        analyse: notHere,
        examine: notHere,
        forget: notHere,
        bindReference: notHere,
        hasTemplate: notHere,
        linkImages: notHere,
      });
    },
  });
  return Object.assign(neighbours, { port, stop });
}

/** As fraud-signals names a device within an application. */
function deviceName(applicationId: string, key: Uint8Array): string {
  return `selfsame-fp-${digest(`${applicationId} ${Buffer.from(key).toString('hex')}`)
    .toString('hex')
    .slice(0, 32)}`;
}

function exported(session: TestSession, applications: readonly TestApplication[]): ExportSessionResponse {
  const snapshot = { status: session.status, finding: secretFinding, number: session.sequence };
  return Exported.fromPartial({
    status: session.status,
    sequence: BigInt(session.sequence),
    vendorData: session.vendorData,
    userPid: session.userPid,
    snapshotJson: Buffer.from(JSON.stringify(snapshot)),
    applicationName: applications.find(({ id }) => id === session.applicationId)?.name ?? '',
    decidedAt: new Date('2026-11-21T10:00:00Z'),
    deviceNames: (session.deviceKeys ?? []).map((key) => deviceName(session.applicationId, key)),
    language: session.language ?? '',
    appearance: { colors: { color_primary: '#123456' } },
  });
}

function made(request: ImportSessionRequest): TestSession {
  if (request.workflowRef !== publishedWorkflow) {
    throw new Failure('not_found', 'workflow_not_found', 'Workflow does not exist for this application.');
  }
  return {
    id: request.importId,
    applicationId: request.applicationId,
    vendorData: request.vendorData,
    status: request.trustReview ? (request.sharedFrom?.status ?? '') : 'In Review',
    sequence: 1,
    userPid: randomBytes(16).toString('hex'),
    imported: request,
  };
}

function decisionOf({ id, status, vendorData, imported }: TestSession) {
  return {
    session_id: id,
    status,
    vendor_data: vendorData || null,
    shared_from_session: imported?.sharedFrom?.sessionId ?? null,
  };
}
