import { errorCode } from '@selfsame/runtime/errors';
import type { Context } from './context.ts';
import { similarityScore } from './domain/calibration.ts';
import type { RowOwner, SealedTemplate, StoredTemplate, TemplateKey } from './domain/template.ts';
import { findGranted } from './outbound/grant-store.ts';
import type { SubjectKey } from './outbound/history-store.ts';
import type { Tables } from './outbound/tables.ts';
import { findTemplate, type KeptTemplate } from './outbound/template-store.ts';
import type { Vault } from './outbound/vault.ts';
import { EMBEDDING_SPACE } from './pipeline/embedding.ts';
import { type ProtectedTemplate, protectedCosine } from './protection/transform.ts';
import { activeKey } from './template-keys.ts';

type Usable = Exclude<StoredTemplate, { state: 'revoked' }>;

/** A template that compares, under its key. */
export interface OpenTemplate {
  readonly key: TemplateKey;
  readonly template: ProtectedTemplate;
}

/** A subject's template that compares. */
export interface EnrolledTemplate extends OpenTemplate {
  /** Tells it from every other one that the subject had or will have; renewals and adaptations leave it. */
  readonly enrolledAt: string;
  readonly owner: SubjectOwner;
  /** What was enrolled then, maybe the template itself; undefined of what an earlier release stored as an embedding. */
  readonly anchor: SealedTemplate | undefined;
  /** When a look was blended into it, or it was put back, last. */
  readonly adaptedAt: Date | null;
}

/** Whose an enrolled template is. */
export type SubjectOwner = Extract<RowOwner, { kind: 'subject' }>;

/** What is on file for a look. */
export interface OnFile {
  /** What it is compared with; undefined when there is none that compares. */
  readonly reference: OpenTemplate | undefined;
  /** The subject's own, the same as the reference or beside it; undefined when none compares or none was looked up. */
  readonly enrolled: EnrolledTemplate | undefined;
  /** The subject was looked up and has a template, whether it compares or not. */
  readonly known: boolean;
  /** The reference is what this grant grants; undefined when it is the subject's own or a portrait. */
  readonly grantId?: string | undefined;
}

/** A person as one application names them. */
export interface SubjectName {
  readonly applicationId: string;
  readonly vendorData: string;
}

/** Of a look: whose it is, and what it is about. */
export interface Sought {
  readonly applicationId: string;
  readonly sessionId: string;
  /** Empty when the session has none. */
  readonly vendorData: string;
  readonly reference: 'none' | 'session' | 'subject';
  readonly keepCandidate: boolean;
  /** Whose template the reference `subject` is, where it is not the subject's own; the same person at another application. */
  readonly referenceSubject?: SubjectName | undefined;
}

/**
 * What is on file at this moment; to be read when the look is done, since a key that was revoked meanwhile must not
 * compare. A subject's template that does not open is told as one that does not compare where the session enrols, which
 * mends it; nothing is compared as if it were not there.
 * @throws Failure `template_unopenable`
 */
export async function findOnFile(context: Context, sought: Sought): Promise<OnFile> {
  const { applicationId, sessionId, reference } = sought;
  const mends = sought.keepCandidate && reference !== 'subject';
  const elsewhere = elsewhereOf(sought);
  const subject = subjectOf(context, sought);
  const [portrait, own, sibling] = await Promise.all([
    reference === 'session' ? findOpen(context, { kind: 'reference', applicationId, sessionId }) : undefined,
    wantsSubject(sought) ? findOpen(context, subject, { mends }) : undefined,
    elsewhere && findOpen(context, subjectOf(context, elsewhere)),
  ]);
  const enrolled = own?.open && { ...own.open, ...anchored(own.kept), owner: subject };
  const onFile = { enrolled, known: own !== undefined };
  if (reference !== 'subject') return { ...onFile, reference: portrait?.open };
  if (elsewhere) return { ...onFile, reference: sibling?.open };
  if (enrolled || sought.vendorData === '') return { ...onFile, reference: enrolled };
  return { ...onFile, ...(await findByGrant(context, subject, sessionId)) };
}

/** Where the subject has nothing that compares, what another application has granted does. */
async function findByGrant(
  { vault, database }: Context,
  to: SubjectKey,
  sessionId: string,
): Promise<Pick<OnFile, 'reference' | 'grantId'>> {
  for (const { grantId, from, stored } of await findGranted(database.db, to, sessionId)) {
    if (!comparable(stored)) continue;
    const reference = await opened(vault, database.db, { kind: 'subject', ...from }, stored);
    return { reference, grantId };
  }
  return { reference: undefined };
}

function elsewhereOf({ applicationId, vendorData, reference, referenceSubject }: Sought) {
  if (reference !== 'subject' || referenceSubject === undefined) return undefined;
  const isOwn =
    referenceSubject.applicationId === applicationId && referenceSubject.vendorData === vendorData;
  return isOwn ? undefined : referenceSubject;
}

/** What is enrolled is its own anchor until the template is another one. */
function anchored({ stored, anchor, enrolledAt, adaptedAt }: KeptTemplate) {
  return {
    enrolledAt,
    adaptedAt,
    anchor: stored.state === 'usable' ? (anchor ?? stored.template) : undefined,
  };
}

/** Whether a template of the subject is there as the look begins: one that is gone at its end was forgotten meanwhile. */
export async function isKnown(context: Context, sought: Sought): Promise<boolean> {
  if (!(sought.keepCandidate && wantsSubject(sought))) return false;
  return (await findTemplate(context.database.db, subjectOf(context, sought))) !== undefined;
}

function wantsSubject({ vendorData, reference, keepCandidate }: Sought): boolean {
  return vendorData !== '' && (reference !== 'none' || keepCandidate);
}

function subjectOf({ vault }: Context, { applicationId, vendorData }: SubjectName): SubjectOwner {
  return { kind: 'subject', applicationId, subject: vault.subjectOf(applicationId, vendorData) };
}

/** Calibrated similarity 0..100 of a face with a stored one, compared under the stored one's key. */
export function similarityTo({ vault }: Context, stored: OpenTemplate, embedding: Float32Array): number {
  return similarityScore(protectedCosine(vault.protect(stored.key, embedding), stored.template));
}

/** The same of two templates of one application, compared under the second one's key. */
export function similarityBetween(vault: Vault, one: OpenTemplate, other: OpenTemplate): number {
  return similarityScore(protectedCosine(under(vault, other.key, one), other.template));
}

/** A template under another key version of its application, or the same. */
export function under(
  vault: Vault,
  key: TemplateKey,
  { key: from, template }: OpenTemplate,
): ProtectedTemplate {
  return from.version === key.version ? template : vault.rekey(from, key, template);
}

/** @returns undefined without a row; `open` is undefined when its key was revoked or another embedder made it */
async function findOpen(
  { vault, database, log }: Context,
  owner: RowOwner,
  { mends = false } = {},
): Promise<{ open: OpenTemplate | undefined; kept: KeptTemplate } | undefined> {
  const kept = await findTemplate(database.db, owner);
  if (kept === undefined) return undefined;
  const { stored } = kept;
  if (!comparable(stored)) return { open: undefined, kept };
  const open = mends
    ? await openedOrTold({ vault, log }, database.db, owner, stored)
    : await opened(vault, database.db, owner, stored);
  return { open, kept };
}

/** Of today's embedder and under a key that is there. */
function comparable(stored: StoredTemplate): stored is Usable {
  return stored.state !== 'revoked' && stored.template.embeddingSpace === EMBEDDING_SPACE;
}

/**
 * What is put in the place of an earlier template is compared with it. @returns undefined when the earlier one cannot be
 * compared; one that does not open is told, since somebody or something altered it
 */
export async function openedOrTold(
  { vault, log }: Pick<Context, 'vault' | 'log'>,
  db: Tables,
  owner: RowOwner,
  stored: StoredTemplate,
): Promise<OpenTemplate | undefined> {
  if (!comparable(stored)) return undefined;
  try {
    return await opened(vault, db, owner, stored);
  } catch (error) {
    if (errorCode(error) !== 'template_unopenable') throw error;
    log.error(
      { code: errorCode(error), application_id: owner.applicationId },
      "a subject's template does not open: it compares with nothing until they enrol anew",
    );
    return undefined;
  }
}

/**
 * Opens a row. What an earlier release stored as an embedding is protected under the active key first: nothing else is
 * ever compared.
 * @throws Failure `template_unopenable`
 */
export async function opened(
  vault: Vault,
  db: Tables,
  owner: RowOwner,
  stored: Usable,
): Promise<OpenTemplate> {
  if (stored.state === 'usable') {
    return { key: stored.key, template: vault.open(owner, stored.key, stored.template) };
  }
  const key = await activeKey(db, owner.applicationId);
  return { key, template: vault.protect(key, vault.openPlain(owner, stored.template)) };
}
