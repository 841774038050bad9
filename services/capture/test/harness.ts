import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { type Bus, openBus } from '@selfsame/bus/bus';
import { FaceEvidence, FaceProblem, MatchOutcome } from '@selfsame/contracts/biometrics/v1/evidence';
import {
  type AnalyseResponse,
  BiometricsServiceDefinition,
  type Challenge,
  HeadPose,
  type VerifyRequest,
} from '@selfsame/contracts/biometrics/v1/service';
import type { CaptureCompleted } from '@selfsame/contracts/capture/v1/events';
import { captureCompleted, sessionStatusChanged } from '@selfsame/contracts/catalog';
import { Assessment, RiskLevel } from '@selfsame/contracts/fraud_signals/v1/assessment';
import {
  AssessedSession,
  type AssessRequest,
  FraudSignalsServiceDefinition,
} from '@selfsame/contracts/fraud_signals/v1/service';
import { SessionStatusChanged } from '@selfsame/contracts/session/v1/events';
import type {
  BeginAttemptRequest,
  BeginAttemptResponse,
  BeginChallengeRequest,
  BeginChallengeResponse,
  OpenSessionRequest,
  UsedChallenge,
} from '@selfsame/contracts/session/v1/service';
import { HostedSession, SessionServiceDefinition } from '@selfsame/contracts/session/v1/service';
import { ShareServiceDefinition } from '@selfsame/contracts/share/v1/service';
import { Failure } from '@selfsame/runtime/errors';
import { serveGrpc } from '@selfsame/runtime/grpc';
import { createLifecycle } from '@selfsame/runtime/lifecycle';
import { createLog } from '@selfsame/runtime/log';
import { facePath } from '@selfsame/testing/assets';
import { testNats } from '@selfsame/testing/nats';
import { sharedDirectory } from '@selfsame/testing/shared-directory';
import { build } from 'vite';
import { type Config, readConfig } from '../src/config.ts';
import { isVerdict } from '../src/domain/session-phase.ts';
import { createService } from '../src/service.ts';
import {
  type ConsentScript,
  type ConsentSeen,
  freshConsent,
  nothingAsked,
  shareNeighbour,
} from './share-neighbour.ts';

/** What the scripted neighbours know and do. Tests change it between requests. */
export interface Script extends ConsentScript {
  /** The one session, behind `token`. */
  session: HostedSession;
  /** What biometrics sees in the next frames; a function decides by request and may throw or wait. */
  verify: (request: VerifyRequest) => FaceEvidence | Promise<FaceEvidence>;
  analyse: () => AnalyseResponse | Promise<AnalyseResponse>;
  /** The verdict that session reaches on `capture.completed`; null leaves the page waiting. */
  decide: (event: CaptureCompleted) => string | null;
  /** Thrown by every call to session while set. */
  sessionDown: Failure | null;
  /** While set, no picture is looked at; the session itself tells of it only where the subject is locked. */
  lock: { until: Date; isSubject: boolean } | null;
  /** Ids whose look was taken back. */
  voidAttempts: ReadonlySet<string>;
  /** What the next challenge asks for, by its method; undefined for PASSIVE. */
  challenge: (method: string) => Challenge | undefined;
  /** How long a challenge is good for; below 0 it is over when it is issued. */
  challengeLifetimeMs: number;
  /** What `BeginAttempt` says of challenges that circumstances spoiled. */
  retriesUncertain: boolean;
  /** What `BeginAttempt` says of whose face it is and what is kept, beside what it always says. */
  grant: Pick<BeginAttemptResponse, 'referenceApplicationId' | 'adaptsTemplate' | 'retainsImages'>;
  /** Session is a replica of before challenges: its grants hold none. */
  knowsNoChallenges: boolean;
  /** What fraud-signals thinks of a look; may throw or wait. */
  assess: (request: AssessRequest) => Assessment | Promise<Assessment>;
  /** Session is a replica of before assessments: its grants hold nothing to assess. */
  knowsNoAssessments: boolean;
  /** What an opening changes of the session, beside what it always does; may wait. */
  open: (request: OpenSessionRequest) => Partial<HostedSession> | Promise<Partial<HostedSession>>;
  /** How long an upload waits for its verdict: long, unless a test is about the end of that. */
  verdictWaitMs: number;
}

/** A challenge as the scripted session issued it. */
export interface IssuedChallenge extends BeginChallengeResponse {
  readonly expiresAt: Date;
  readonly issuedAt: Date;
}

/** What the neighbours were asked, in order. */
export interface Seen extends ConsentSeen {
  readonly grants: Map<string, number>;
  /** By attempt id. */
  readonly challenges: Map<string, IssuedChallenge>;
  /** SHA-256 of the first pictures of each grant, hex, by attempt id. */
  readonly pictures: Map<string, string>;
  readonly origins: { deviceSha256: Buffer; networkSha256: Buffer }[];
  readonly verified: VerifyRequest[];
  readonly assessed: AssessRequest[];
  readonly openings: OpenSessionRequest[];
  readonly completed: CaptureCompleted[];
  /** Event ids of the above: the stream and session know a repetition by them. */
  readonly completedIds: string[];
  verdicts: number;
  leaves: number;
  opens: number;
  reads: number;
  forgotten: number;
}

/** The capture service on real NATS, between neighbours that follow a script. */
export interface World {
  readonly url: string;
  readonly token: string;
  readonly script: Script;
  readonly seen: Seen;
  readonly bus: Bus;
  /** Environment in which `main.ts` finds the same neighbours. */
  readonly environment: NodeJS.ProcessEnv;
  /** Everything that the service has logged. */
  logs(): string;
  /** A fresh session under a new token: `script` and `seen` start over. Returns the token. */
  renew(changes?: Partial<HostedSession>): string;
  stop(): Promise<void>;
}

/** The page as it is built, with all its states; built once in a run of tests, so that no test looks at an old one. */
export const builtPage = (): Promise<string> => sharedDirectory('capture-page', buildPage);

/** Builds the page and all its states. */
export async function buildPage(directory: string): Promise<void> {
  const page = join(import.meta.dirname, '../page');
  const parts = [
    ['vite.config.ts', ''],
    ['consent/vite.config.ts', 'consent'],
    ['states/vite.config.ts', 'states'],
  ] as const;
  for (const [config, folder] of parts) {
    await build({
      configFile: join(page, config),
      logLevel: 'error',
      build: { outDir: join(directory, folder) },
    });
  }
}

/** A page of no more than its place-holder, for tests that never look at it. */
export function barePage(): { directory: string; remove(): void } {
  const directory = mkdtempSync(join(tmpdir(), 'selfsame-page-'));
  mkdirSync(join(directory, 'capture-assets'));
  mkdirSync(join(directory, 'consent'));
  for (const name of ['index.html', 'consent/index.html']) {
    writeFileSync(join(directory, name), '<!doctype html><title>bare</title>');
  }
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

/** The first frame of a sample video: a real JPEG as a camera gives it. */
export function sampleFrame(): Buffer<ArrayBuffer> {
  const video = readFileSync(facePath('video/genuine_p01.mjpeg'));
  return Buffer.from(video.subarray(0, video.indexOf(Buffer.from([0xff, 0xd9])) + 2));
}

/** Evidence of an ordinary, live, matching face. */
export function goodEvidence(changes: Partial<FaceEvidence> = {}): FaceEvidence {
  return FaceEvidence.fromPartial({
    faceCount: 1,
    problem: FaceProblem.UNSPECIFIED,
    livenessScore: 99,
    faceQuality: 90,
    faceLuminance: 50,
    matchOutcome: MatchOutcome.COMPARED,
    similarityScore: 95,
    pipelineVersion: 'scripted',
    ...changes,
  });
}

/** What is thought of an ordinary visit. */
export function calmAssessment(changes: Partial<Assessment> = {}): Assessment {
  return Assessment.fromPartial({
    assessmentId: randomUUID(),
    riskScore: 4,
    riskLevel: RiskLevel.LOW,
    signalsWithValue: 210,
    catalogueVersion: 'scripted',
    ...changes,
  });
}

/** A face in the middle of the picture, as guidance wants it. */
export const centredFace: AnalyseResponse = {
  faceCount: 1,
  box: { left: 0.32, top: 0.2, width: 0.36, height: 0.56 },
  luminance: 48,
  angles: { yaw: 0, pitch: 0, roll: 0 },
  sharpness: 60,
  eyesCovered: false,
  mouthCovered: false,
  surroundingsLuminance: 45,
};

const colours = [0xff0000, 0x00ff00, 0x0000ff, 0x00ffff, 0xff00ff, 0xffff00];
const poses = [HeadPose.LEFT, HeadPose.FRONT, HeadPose.RIGHT, HeadPose.UP, HeadPose.FRONT];

/** Six colours of 400 ms each, or five poses of 4 s each. */
function plannedChallenge(method: string): Challenge | undefined {
  if (method === 'FLASHING') {
    const steps = colours.map((colour, at) => ({ colour, startsAtMs: at * 400, durationMs: 400 }));
    return { kind: { $case: 'flash', value: { steps } } };
  }
  if (method === 'ACTIVE_3D') {
    const steps = poses.map((pose, at) => ({ pose, promptedAtMs: at * 4_000, withinMs: 4_000 }));
    return { kind: { $case: 'motion', value: { steps } } };
  }
  return undefined;
}

/** Starts NATS, both neighbours and the service; `config` overrides its settings. */
export async function startWorld(pageDirectory: string, config: Partial<Config> = {}): Promise<World> {
  const lines: string[] = [];
  const log = createLog(
    'capture',
    'trace',
    new Writable({ write: (chunk, _encoding, done) => done(void lines.push(String(chunk))) }),
  );
  const silent = createLog('neighbours', 'silent');
  const nats = await testNats();
  const state = { token: '', tokenSha256: '' };
  const script = {} as Script;
  const seen = nothingSeen();

  const bus = await openBus({ service: 'session', url: nats.url, log: silent });
  const neighbours = await serveGrpc({
    host: '127.0.0.1',
    port: 0,
    log: silent,
    maxMessageBytes: 20 * 1024 * 1024,
    services: (server) => {
      server.add(SessionServiceDefinition, sessionNeighbour(script, seen, state));
      server.add(BiometricsServiceDefinition, biometricsNeighbour(script, seen));
      server.add(FraudSignalsServiceDefinition, fraudSignalsNeighbour(script, seen));
      server.add(ShareServiceDefinition, shareNeighbour(script, seen, state));
    },
  });
  await bus.listen(captureCompleted, ({ id, message }) => void decide(id, message));

  async function decide(id: string, event: CaptureCompleted): Promise<void> {
    seen.completedIds.push(id);
    seen.completed.push(event);
    const status = isVerdict(script.session.status) ? null : script.decide(event);
    if (status === null) return;
    seen.verdicts += 1;
    script.session = { ...script.session, status };
    await bus.publish(
      sessionStatusChanged,
      randomUUID(),
      SessionStatusChanged.fromPartial({
        sessionId: event.sessionId,
        status,
        callback: script.session.callback,
        previousStatus: 'In Progress',
      }),
    );
  }

  const renew = (changes: Partial<HostedSession> = {}): string => {
    state.token = randomBytes(24).toString('base64url');
    state.tokenSha256 = createHash('sha256').update(state.token).digest('hex');
    Object.assign(script, freshScript(changes), { verdictWaitMs: config.verdictWaitMs ?? 10_000 });
    Object.assign(seen, nothingSeen());
    return state.token;
  };
  renew();

  const environment = {
    HTTP_PORT: '0',
    NATS_URL: nats.url,
    SESSION_GRPC: `127.0.0.1:${neighbours.port}`,
    BIOMETRICS_GRPC: `127.0.0.1:${neighbours.port}`,
    FRAUD_SIGNALS_GRPC: `127.0.0.1:${neighbours.port}`,
    SHARE_GRPC: `127.0.0.1:${neighbours.port}`,
  };
  const lifecycle = createLifecycle(log);
  const settings: Config = {
    ...readConfig(environment),
    pageDirectory,
    ...config,
    get verdictWaitMs() {
      return script.verdictWaitMs;
    },
  };
  const { httpPort } = await createService(settings, lifecycle, log);

  return {
    url: `http://127.0.0.1:${httpPort}`,
    get token() {
      return state.token;
    },
    script,
    seen,
    bus,
    environment,
    logs: () => lines.join(''),
    renew,
    async stop() {
      await lifecycle.stop();
      await neighbours.stop();
      await bus.close();
      await nats.stop();
    },
  };
}

const nothingSeen = (): Seen => ({
  ...nothingAsked(),
  grants: new Map(),
  challenges: new Map(),
  pictures: new Map(),
  origins: [],
  verified: [],
  assessed: [],
  openings: [],
  completed: [],
  completedIds: [],
  verdicts: 0,
  leaves: 0,
  opens: 0,
  reads: 0,
  forgotten: 0,
});

function freshScript(changes: Partial<HostedSession>): Omit<Script, 'verdictWaitMs'> {
  return {
    session: HostedSession.fromPartial({
      sessionId: randomUUID(),
      applicationId: randomUUID(),
      applicationName: 'Northwind',
      status: 'Not Started',
      callback: 'https://app.example/done?order=7',
      workflowType: 'biometric_authentication',
      matches: true,
      retainsImages: false,
      livenessMethod: 'PASSIVE',
      otherMethods: otherMethods[changes.livenessMethod ?? 'PASSIVE'] ?? [],
      callbackMethod: 'initiator',
      isDesktopAllowed: true,
      attemptsLeft: 3,
      visitNonce: 'a-nonce-of-this-visit',
      ...changes,
    }),
    verify: () => goodEvidence(),
    analyse: () => centredFace,
    decide: () => 'Approved',
    sessionDown: null,
    lock: null,
    voidAttempts: new Set(),
    challenge: plannedChallenge,
    challengeLifetimeMs: 90_000,
    retriesUncertain: true,
    grant: { referenceApplicationId: '', adaptsTemplate: false, retainsImages: false },
    knowsNoChallenges: false,
    assess: () => calmAssessment(),
    knowsNoAssessments: false,
    open: () => ({}),
    ...freshConsent(),
  };
}

/** What session offers beside the method that the workflow asks for. */
const otherMethods: Record<string, string[]> = {
  FLASHING: ['ACTIVE_3D', 'PASSIVE'],
  ACTIVE_3D: ['FLASHING', 'PASSIVE'],
};

const takesFrames = (status: string) => ['In Progress', 'Not Finished'].includes(status);

function sessionNeighbour(script: Script, seen: Seen, state: { tokenSha256: string }) {
  const find = (tokenSha256: Uint8Array): HostedSession => {
    if (script.sessionDown !== null) throw script.sessionDown;
    const { session, lock } = script;
    const lockedUntil = lock?.isSubject ? lock.until : undefined;
    if (Buffer.from(tokenSha256).toString('hex') === state.tokenSha256) return { ...session, lockedUntil };
    throw new Failure('not_found', 'session_not_found', 'No session has this token.');
  };
  const enter = (from: string[], to: string): void => {
    if (from.includes(script.session.status)) script.session = { ...script.session, status: to };
  };
  /** As session does: an active method takes frames only with their own challenge, in time, its nonce, and once. */
  const useChallenge = (request: BeginAttemptRequest): UsedChallenge | undefined => {
    const { attemptId, nonce, picturesSha256 } = request;
    const pictures = Buffer.from(picturesSha256).toString('hex');
    const isRepeated = (seen.pictures.get(attemptId) ?? pictures) === pictures;
    const issued = seen.challenges.get(attemptId);
    const isInTime = issued !== undefined && (issued.expiresAt > new Date() || seen.grants.has(attemptId));
    const nonceMatches = isInTime && nonce === issued.nonce;
    if (!(nonceMatches && isRepeated) && script.session.livenessMethod !== 'PASSIVE') {
      throw new Failure('precondition', 'challenge_stale', 'The challenge is over.');
    }
    seen.pictures.set(attemptId, pictures);
    if (issued === undefined || script.knowsNoChallenges) return undefined;
    const { method, challenge, issuedAt } = issued;
    return { method, challenge, issuedAt, nonceMatches };
  };
  const demandRoom = (attemptId: string, session: HostedSession): void => {
    if (script.lock !== null) {
      const retryAfterMs = script.lock.until.getTime() - Date.now();
      throw new Failure('precondition', 'locked_out', 'Not now.', { retryAfterMs });
    }
    if (script.voidAttempts.has(attemptId)) {
      throw new Failure('precondition', 'attempt_void', 'Not under this id.');
    }
    const isKnown = seen.grants.has(attemptId);
    if (!isKnown && (!takesFrames(session.status) || session.attemptsLeft === 0)) {
      throw new Failure('precondition', 'no_attempts', 'The session takes no frames.');
    }
  };
  return {
    async authenticateKey(): Promise<never> {
      throw new Failure('not_found', 'key_unknown', 'Not asked here.');
    },
    async readSession(request: { tokenSha256: Uint8Array }) {
      seen.reads += 1;
      return { session: find(request.tokenSha256) };
    },
    async openSession(request: OpenSessionRequest) {
      const { lockedUntil } = find(request.tokenSha256);
      seen.openings.push(request);
      seen.opens += 1;
      enter(['Not Started', 'Not Finished', 'Resubmitted'], 'In Progress');
      // An offer is of its opening only.
      const { offersSkip = false, ...changes } = await script.open(request);
      script.session = { ...script.session, ...changes };
      return { session: { ...script.session, offersSkip, lockedUntil } };
    },
    async beginAttempt(request: BeginAttemptRequest) {
      const { lockedUntil: _, ...session } = find(request.tokenSha256);
      seen.origins.push({ deviceSha256: request.deviceSha256, networkSha256: request.networkSha256 });
      demandRoom(request.attemptId, session);
      const challenge = useChallenge(request);
      const known = seen.grants.get(request.attemptId);
      if (known === undefined) {
        script.session = { ...session, status: 'In Progress', attemptsLeft: session.attemptsLeft - 1 };
        seen.grants.set(request.attemptId, script.session.attemptsLeft);
      }
      return {
        sessionId: session.sessionId,
        applicationId: session.applicationId,
        vendorData: 'user-1',
        reference: 'REFERENCE_KIND_SUBJECT' as const,
        enrols: session.enrols,
        search: 'FACE_SEARCH_SCOPE_OTHERS' as const,
        attemptsLeft: known ?? script.session.attemptsLeft,
        challenge,
        retriesUncertain: script.retriesUncertain,
        ...script.grant,
        assessed: script.knowsNoAssessments ? undefined : assessedSession(session),
      };
    },
    async beginChallenge({ tokenSha256, attemptId, method }: BeginChallengeRequest) {
      const session = find(tokenSha256);
      demandRoom(attemptId, session);
      const known = seen.challenges.get(attemptId);
      const asked = method === '' ? session.livenessMethod : method;
      if (![session.livenessMethod, ...session.otherMethods].includes(asked)) {
        throw new Failure('invalid', 'method_not_offered', 'The session does not offer this method.');
      }
      if (known?.method === asked) return known;
      const issued: IssuedChallenge = {
        nonce: randomBytes(24).toString('base64url'),
        method: asked,
        challenge: script.challenge(asked),
        issuedAt: new Date(),
        expiresAt: new Date(Date.now() + script.challengeLifetimeMs),
      };
      seen.challenges.set(attemptId, issued);
      return issued;
    },
    async leaveSession(request: { tokenSha256: Uint8Array }) {
      find(request.tokenSha256);
      seen.leaves += 1;
      enter(['In Progress'], 'Not Finished');
      return { status: script.session.status };
    },
    async describeSession(): Promise<never> {
      throw new Failure('not_found', 'session_not_found', 'Not asked here.');
    },
    findApplication: elsewhere,
    exportSession: elsewhere,
    importSession: elsewhere,
    async forgetDevice(request: { tokenSha256: Uint8Array }) {
      find(request.tokenSha256);
      seen.forgotten += 1;
      return {};
    },
  };
}

async function elsewhere(): Promise<never> {
  throw new Failure('internal', 'not_here', 'Not asked here.');
}

function biometricsNeighbour(script: Script, seen: Seen) {
  return {
    async verify(request: VerifyRequest) {
      seen.verified.push(request);
      return { evidence: await script.verify(request) };
    },
    analyse: async () => script.analyse(),
    bindReference: async () => ({}),
    hasTemplate: async () => ({ exists: true }),
    forget: async () => ({}),
    examine: async () => ({}),
    putFaceListEntry: async () => ({}),
    dropFaceListEntry: async () => ({}),
    grantReference: async () => ({}),
    linkImages: async () => ({}),
  };
}

function assessedSession({ sessionId, applicationId }: HostedSession): AssessedSession {
  return AssessedSession.fromPartial({ sessionId, applicationId, vendorData: 'user-1' });
}

function fraudSignalsNeighbour(script: Script, seen: Seen) {
  return {
    async assess(request: AssessRequest) {
      seen.assessed.push(request);
      return { assessment: await script.assess(request) };
    },
    checkRules: async () => ({ mistakes: [] }),
    forgetDevices: async () => ({ forgotten: 0 }),
    nameDevice: async () => ({ deviceName: '' }),
  };
}
