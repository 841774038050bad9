import { randomUUID } from 'node:crypto';
import { Failure } from '@selfsame/runtime/errors';
import { inSpan } from '@selfsame/runtime/telemetry';
import { isAdapting } from './adaptation.ts';
import type { ChallengeJudgement } from './challenge/challenge.ts';
import { type ChallengeAttempt, followChallenge } from './challenged-looks.ts';
import { findOnFile, isKnown, type OnFile, type Sought, similarityTo } from './comparison.ts';
import type { Context } from './context.ts';
import { SAME_PERSON_SIMILARITY } from './domain/calibration.ts';
import { type Evidence, type Match, weigh } from './domain/evidence.ts';
import { ENROL_GATES, type FaceProblem, findProblem, VERIFY_GATES } from './domain/gates.ts';
import { type Guidance, guidanceOf } from './domain/guidance.ts';
import type { CandidateUse, RowOwner } from './domain/template.ts';
import { useGrant } from './grants.ts';
import type { ImageKind } from './images/tables.ts';
import { putTemplate } from './outbound/template-store.ts';
import type { Refused } from './pipeline/decode.ts';
import { EMBEDDING_SPACE } from './pipeline/embedding.ts';
import type { Look, LookOptions } from './pipeline/look.ts';
import { PIPELINE_VERSION } from './pipeline-version.ts';
import type { Searched } from './search/face-search.ts';
import { type SearchingLook, searchFor } from './search/look-search.ts';
import { activeKey } from './template-keys.ts';
import { UNJUDGED_MS } from './templates.ts';

const MADE = { pipelineVersion: PIPELINE_VERSION, embeddingSpace: EMBEDDING_SPACE };

/** One attempt of a session. `keepCandidate`: keep what was seen until the verdict on it, if it may become a template. */
export interface Attempt extends Sought, SearchingLook {
  readonly image: Uint8Array;
  /** Of an active method: what was asked for and what came of it. */
  readonly challenge?: ChallengeAttempt | undefined;
  /** The look may be blended into the subject's template, if it is very like it. */
  readonly adaptsTemplate?: boolean | undefined;
  /** Keep the picture. */
  readonly retainsImages?: boolean | undefined;
}

/** How the challenge was met; undefined of a passive look. */
export interface Challenged {
  readonly challenge?: ChallengeJudgement | undefined;
}

/** Pictures of the session that are kept. */
export interface WithImages {
  readonly keptImages: readonly { readonly imageId: string; readonly kind: ImageKind }[];
}

/** What a look left behind. */
export interface Kept {
  /** UUID; undefined when no candidate is kept. */
  readonly candidateId: string | undefined;
  /** 0..100, with the template that the candidate may replace; undefined without both. */
  readonly enrolledSimilarity?: number | undefined;
  /** The subject has a template that the look cannot be compared with. */
  readonly enrolledUnreadable: boolean;
}

/** What the look was compared with. */
export interface Referred {
  /** A template of another application, by a grant. */
  readonly referenceGranted: boolean;
}

/**
 * Looks at a frame, compares it and, when asked, searches for it and keeps a candidate. A frame that may become a
 * template must pass the gates of enrolment.
 * @throws Failure `image_undecodable`, `queue_full`, `deadline_passed`, `worker_lost`, `template_unopenable`
 */
export async function verify(
  context: Context,
  attempt: Attempt,
  signal: AbortSignal,
): Promise<Evidence & Kept & Referred & Challenged & Searched & WithImages> {
  const enrols = attempt.keepCandidate && attempt.vendorData !== '';
  // A look takes the memory of its picture with it.
  const picture = attempt.retainsImages === true ? Buffer.from(attempt.image) : undefined;
  const [look, wasKnown, judge] = await Promise.all([
    lookAt(context, attempt.image, signal),
    isKnown(context, attempt),
    attempt.challenge && followChallenge(context, attempt.challenge, signal),
  ]);
  const gates = enrols ? ENROL_GATES : VERIFY_GATES;
  const found = await findOnFile(context, attempt);
  const onFile = await useGrant(context, attempt, found, findProblem(look, gates) === undefined);
  const challenge = judge?.(look.subject?.embedding);
  const match = compare(context, look, onFile, attempt.reference);
  const evidence = weigh(look, gates, match);
  const forgotten = wasKnown && !onFile.known;
  const use = enrols
    ? enrolmentOf(evidence, onFile, forgotten)
    : changeOf(context, attempt, { look, onFile, evidence, challenge });
  const [searched, keptImages, kept] = await Promise.all([
    searchFor(context, attempt, look.subject),
    picture && evidence.problem === undefined ? keepImages(context, attempt, picture) : [],
    use && look.subject
      ? keepCandidate(context, attempt, look.subject.embedding, { onFile, use })
      : { candidateId: undefined, enrolledUnreadable: isUnreadable(onFile) },
  ]);
  return {
    ...evidence,
    media: [...evidence.media, ...(challenge?.signals ?? [])],
    challenge,
    keptImages,
    ...kept,
    referenceGranted: onFile.grantId !== undefined,
    ...searched,
  };
}

/** What was compared by a grant enrols by it, as the person whom it was granted for, or not at all. */
function enrolmentOf(
  { problem, match }: Evidence,
  { grantId }: OnFile,
  forgotten: boolean,
): CandidateUse | undefined {
  if (problem !== undefined || forgotten) return undefined;
  if (grantId === undefined) return { kind: 'enrol' };
  return isSamePerson(match) ? { kind: 'grant', grantId } : undefined;
}

/** What a look is worth that is of a session which does not enrol, when it is fit to be a template; mostly nothing. */
function changeOf(
  context: Context,
  { adaptsTemplate = false }: Attempt,
  seen: { look: Look; onFile: OnFile; evidence: Evidence } & Challenged,
): CandidateUse | undefined {
  const { look, onFile, evidence, challenge } = seen;
  const { grantId, enrolled } = onFile;
  if (look.subject === undefined) return undefined;
  if (grantId === undefined && enrolled?.key.state !== 'retiring' && !adaptsTemplate) return undefined;
  if (findProblem(look, ENROL_GATES) !== undefined) return undefined;
  if (grantId !== undefined) return isSamePerson(evidence.match) ? { kind: 'grant', grantId } : undefined;
  if (enrolled === undefined) return undefined;
  const { embedding } = look.subject;
  if (enrolled.key.state === 'retiring') {
    const alike = similarityTo(context, enrolled, embedding) >= SAME_PERSON_SIMILARITY;
    return alike ? { kind: 'renew' } : undefined;
  }
  const { livenessScore } = evidence;
  const adapts = adaptsTemplate && isAdapting(context, onFile, { embedding, livenessScore, challenge });
  return adapts ? { kind: 'adapt' } : undefined;
}

/** A mild workflow must not be the way to enrol somebody else. */
function isSamePerson(match: Match): boolean {
  return match.outcome === 'compared' && match.score >= SAME_PERSON_SIMILARITY;
}

/** Keeps the picture of a look that leads to a verdict, where the application wants that. */
async function keepImages(
  { images }: Context,
  attempt: Attempt,
  picture: Buffer,
): Promise<WithImages['keptImages']> {
  const [live, reference] = await Promise.all([
    images.keep(attempt, 'live', picture),
    attempt.reference === 'session' ? images.referenceOf(attempt) : undefined,
  ]);
  const kept: { imageId: string; kind: ImageKind }[] = [];
  if (live !== undefined) kept.push({ imageId: live, kind: 'live' });
  if (reference !== undefined) kept.push({ imageId: reference, kind: 'reference' });
  return kept;
}

/** The subject has a template, and none that compares. */
export function isUnreadable({ known, enrolled }: Pick<OnFile, 'known' | 'enrolled'>): boolean {
  return known && enrolled === undefined;
}

/** Looks at a submitted portrait and keeps its template for one session. @returns why it will not do, if so */
export async function bindReference(
  context: Context,
  portrait: {
    applicationId: string;
    sessionId: string;
    image: Uint8Array;
    expiresAt: Date;
    retainsImage?: boolean;
  },
  signal: AbortSignal,
): Promise<FaceProblem | undefined> {
  // As above.
  const picture = portrait.retainsImage === true ? Buffer.from(portrait.image) : undefined;
  const look = await lookAt(context, portrait.image, signal);
  const problem = findProblem(look, ENROL_GATES);
  if (problem !== undefined || look.subject === undefined) return problem ?? 'no_face';
  const { applicationId, sessionId, expiresAt } = portrait;
  const owner: RowOwner = { kind: 'reference', applicationId, sessionId };
  await putFace(context, owner, look.subject.embedding, { sessionId, expiresAt });
  if (picture !== undefined) await context.images.keep(portrait, 'reference', picture);
  return undefined;
}

/** What live guidance is told of a small picture. Stores nothing. @throws Failure those of every look */
export async function see(context: Context, image: Uint8Array, signal: AbortSignal): Promise<Guidance> {
  const { result } = await context.pool.glance(image, signal);
  if ('refused' in result) throw undecodable(result);
  return guidanceOf(result);
}

/** One look, in a span of its own that says where its time went. @throws Failure those of every look */
export function lookAt(
  context: Context,
  image: Uint8Array,
  signal: AbortSignal,
  options?: LookOptions,
): Promise<Look> {
  return inSpan('biometrics.look', {}, async (span) => {
    const { result, queuedMs, batch } = await context.pool.look(image, signal, options);
    if ('refused' in result) throw undecodable(result);
    span.setAttribute('look.queued_ms', queuedMs);
    span.setAttribute('look.batch', batch);
    for (const [stage, ms] of Object.entries(result.stages)) span.setAttribute(`look.${stage}_ms`, ms);
    return result;
  });
}

function compare(context: Context, look: Look, { reference }: OnFile, asked: Attempt['reference']): Match {
  if (asked === 'none') return { outcome: 'not_asked' };
  if (reference === undefined) return { outcome: 'no_reference' };
  if (look.subject === undefined) return { outcome: 'impossible' };
  return { outcome: 'compared', score: similarityTo(context, reference, look.subject.embedding) };
}

/**
 * Keeps a face until the verdict on it, and compares it with the template that it may replace.
 * @param how.use what it may do once it is approved
 * @returns the id that the verdict will name it by
 */
export async function keepCandidate(
  context: Context,
  { applicationId, sessionId, vendorData }: Pick<Attempt, 'applicationId' | 'sessionId' | 'vendorData'>,
  embedding: Float32Array,
  how: { onFile: Pick<OnFile, 'known' | 'enrolled'>; use: CandidateUse },
): Promise<Kept> {
  const subject = context.vault.subjectOf(applicationId, vendorData);
  const candidateId = randomUUID();
  const owner: RowOwner = { kind: 'candidate', applicationId, sessionId, candidateId, subject };
  const expiresAt = new Date(Date.now() + UNJUDGED_MS);
  const { enrolled } = how.onFile;
  const comparedWith = enrolled?.enrolledAt;
  await putFace(context, owner, embedding, { sessionId, expiresAt, use: how.use, comparedWith });
  return {
    candidateId,
    enrolledSimilarity: enrolled && similarityTo(context, enrolled, embedding),
    enrolledUnreadable: isUnreadable(how.onFile),
  };
}

/** Protects and seals a face under the application's active key, and keeps it. */
async function putFace(
  { vault, database }: Context,
  owner: RowOwner,
  embedding: Float32Array,
  from: Parameters<typeof putTemplate>[3],
): Promise<void> {
  const key = await activeKey(database.db, owner.applicationId);
  const sealed = vault.seal(owner, key, vault.protect(key, embedding), MADE);
  await putTemplate(database.db, owner, sealed, from);
}

/** Why bytes are no picture, for the caller. */
export function undecodable({ refused }: Refused): Failure {
  return new Failure('invalid', 'image_undecodable', refused);
}
