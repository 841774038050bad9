import { randomUUID } from 'node:crypto';
import { Failure } from '@selfsame/runtime/errors';
import { inSpan } from '@selfsame/runtime/telemetry';
import type { Context } from './context.ts';
import { percent, similarityScore } from './domain/calibration.ts';
import { type Evidence, type Match, weigh } from './domain/evidence.ts';
import { countFaces, ENROL_GATES, type FaceProblem, findProblem, VERIFY_GATES } from './domain/gates.ts';
import type { TemplateOwner } from './domain/template.ts';
import { findTemplate, putTemplate } from './outbound/store.ts';
import type { Refused } from './pipeline/decode.ts';
import { cosine, EMBEDDING_SPACE } from './pipeline/embedding.ts';
import type { Look, LookOptions } from './pipeline/look.ts';
import type { Box } from './pipeline/picture.ts';
import { PIPELINE_VERSION } from './pipeline-version.ts';
import { UNJUDGED_MS } from './templates.ts';

const MADE = { pipelineVersion: PIPELINE_VERSION, embeddingSpace: EMBEDDING_SPACE };

/** One attempt of a session. */
export interface Attempt {
  readonly applicationId: string;
  readonly sessionId: string;
  /** Empty when the session has none. */
  readonly vendorData: string;
  readonly image: Uint8Array;
  readonly reference: 'none' | 'session' | 'subject';
  /** Keep what was seen until the verdict on it, if it may become the subject's template. */
  readonly keepCandidate: boolean;
}

/** What a look left behind. */
export interface Kept {
  /** UUID; undefined when no candidate is kept. */
  readonly candidateId: string | undefined;
}

/**
 * Looks at a frame, compares it and, when asked, keeps a candidate. A frame that may become a template must pass the
 * gates of enrolment.
 * @throws Failure `image_undecodable`, `queue_full`, `deadline_passed`, `worker_lost`, `template_unopenable`
 */
export async function verify(
  context: Context,
  attempt: Attempt,
  signal: AbortSignal,
): Promise<Evidence & Kept> {
  const enrols = attempt.keepCandidate && attempt.vendorData !== '';
  const [look, reference] = await Promise.all([
    lookAt(context, attempt.image, signal),
    findReference(context, attempt),
  ]);
  const match = compare(look, reference, attempt.reference);
  const evidence = weigh(look, enrols ? ENROL_GATES : VERIFY_GATES, match);
  const keeps = enrols && look.subject !== undefined && evidence.problem === undefined;
  const candidateId = keeps ? await keepCandidate(context, attempt, look.subject.embedding) : undefined;
  return { ...evidence, candidateId };
}

/** Looks at a submitted portrait and keeps its template for one session. @returns why it will not do, if so */
export async function bindReference(
  context: Context,
  portrait: { applicationId: string; sessionId: string; image: Uint8Array; expiresAt: Date },
  signal: AbortSignal,
): Promise<FaceProblem | undefined> {
  const look = await lookAt(context, portrait.image, signal);
  const problem = findProblem(look, ENROL_GATES);
  if (problem !== undefined || look.subject === undefined) return problem ?? 'no_face';
  const { applicationId, sessionId, expiresAt } = portrait;
  const owner: TemplateOwner = { kind: 'reference', applicationId, sessionId };
  const template = context.vault.seal(owner, look.subject.embedding, MADE);
  await putTemplate(context.database.db, owner, template, { sessionId, expiresAt });
  return undefined;
}

/** What live guidance needs to know of a small picture. */
export interface Glance {
  readonly faceCount: number;
  /** Fractions of the picture's width and height; undefined without a face. */
  readonly box: Box | undefined;
  /** 0..100 of the face, of the picture when there is no face. */
  readonly luminance: number;
}

/** Detection only. Stores nothing. */
export async function glance(context: Context, image: Uint8Array, signal: AbortSignal): Promise<Glance> {
  const { result } = await context.pool.glance(image, signal);
  if ('refused' in result) throw undecodable(result);
  const { faces, width, height, luma } = result;
  const box = faces[0]?.box;
  return {
    faceCount: countFaces(result),
    box: box && {
      left: box.left / width,
      top: box.top / height,
      width: box.width / width,
      height: box.height / height,
    },
    luminance: percent(luma),
  };
}

/** One look, in a span of its own that says where its time went. @throws Failure those of every look */
export function lookAt(
  context: Context,
  image: Uint8Array,
  signal: AbortSignal,
  options?: LookOptions,
): Promise<Look> {
  return inSpan('biometrics.look', {}, async (span) => {
    const { result, queuedMs } = await context.pool.look(image, signal, options);
    if ('refused' in result) throw undecodable(result);
    span.setAttribute('look.queued_ms', queuedMs);
    for (const [stage, ms] of Object.entries(result.stages)) span.setAttribute(`look.${stage}_ms`, ms);
    return result;
  });
}

/** The opened reference, or undefined when there is none that compares. */
async function findReference(context: Context, attempt: Attempt): Promise<Float32Array | undefined> {
  const owner = referenceOwner(context, attempt);
  if (owner === undefined) return undefined;
  const template = await findTemplate(context.database.db, owner);
  if (template === undefined || template.embeddingSpace !== EMBEDDING_SPACE) return undefined;
  return context.vault.open(owner, template);
}

function referenceOwner({ vault }: Context, attempt: Attempt): TemplateOwner | undefined {
  const { applicationId, sessionId, vendorData, reference } = attempt;
  if (reference === 'session') return { kind: 'reference', applicationId, sessionId };
  if (reference === 'none' || vendorData === '') return undefined;
  return { kind: 'subject', applicationId, subject: vault.subjectOf(applicationId, vendorData) };
}

function compare(look: Look, reference: Float32Array | undefined, asked: Attempt['reference']): Match {
  if (asked === 'none') return { outcome: 'not_asked' };
  if (reference === undefined) return { outcome: 'no_reference' };
  if (look.subject === undefined) return { outcome: 'impossible' };
  return { outcome: 'compared', score: similarityScore(cosine(look.subject.embedding, reference)) };
}

/** Keeps a face until the verdict on it. @returns the id that the verdict will name it by */
export async function keepCandidate(
  { vault, database }: Context,
  { applicationId, sessionId, vendorData }: Pick<Attempt, 'applicationId' | 'sessionId' | 'vendorData'>,
  embedding: Float32Array,
): Promise<string> {
  const subject = vault.subjectOf(applicationId, vendorData);
  const candidateId = randomUUID();
  const owner: TemplateOwner = { kind: 'candidate', applicationId, sessionId, candidateId, subject };
  const expiresAt = new Date(Date.now() + UNJUDGED_MS);
  await putTemplate(database.db, owner, vault.seal(owner, embedding, MADE), { sessionId, expiresAt });
  return candidateId;
}

/** Why bytes are no picture, for the caller. */
export function undecodable({ refused }: Refused): Failure {
  return new Failure('invalid', 'image_undecodable', refused);
}
