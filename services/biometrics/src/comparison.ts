import { errorCode } from '@selfsame/runtime/errors';
import type { Context } from './context.ts';
import { similarityScore } from './domain/calibration.ts';
import type { RowOwner, StoredTemplate, TemplateKey } from './domain/template.ts';
import type { Tables } from './outbound/tables.ts';
import { findTemplate } from './outbound/template-store.ts';
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
  /** Tells it from every other one that the subject had or will have; a renewal leaves it. */
  readonly enrolledAt: string;
}

/** What is on file for a look. */
export interface OnFile {
  /** What it is compared with; undefined when there is none that compares. */
  readonly reference: OpenTemplate | undefined;
  /** The subject's own, the same as the reference or beside it; undefined when none compares or none was looked up. */
  readonly enrolled: EnrolledTemplate | undefined;
  /** The subject was looked up and has a template, whether it compares or not. */
  readonly known: boolean;
}

/** Of a look: whose it is, and what it is about. */
export interface Sought {
  readonly applicationId: string;
  readonly sessionId: string;
  /** Empty when the session has none. */
  readonly vendorData: string;
  readonly reference: 'none' | 'session' | 'subject';
  readonly keepCandidate: boolean;
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
  const [portrait, own] = await Promise.all([
    reference === 'session' ? findOpen(context, { kind: 'reference', applicationId, sessionId }) : undefined,
    wantsSubject(sought) ? findOpen(context, subjectOf(context, sought), { mends }) : undefined,
  ]);
  const enrolled = own?.open && { ...own.open, enrolledAt: own.enrolledAt };
  return {
    reference: reference === 'subject' ? enrolled : portrait?.open,
    enrolled,
    known: own !== undefined,
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

function subjectOf({ vault }: Context, { applicationId, vendorData }: Sought): RowOwner {
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
): Promise<{ open: OpenTemplate | undefined; enrolledAt: string } | undefined> {
  const kept = await findTemplate(database.db, owner);
  if (kept === undefined) return undefined;
  const { stored, enrolledAt } = kept;
  if (!comparable(stored)) return { open: undefined, enrolledAt };
  const open = mends
    ? await openedOrTold({ vault, log }, database.db, owner, stored)
    : await opened(vault, database.db, owner, stored);
  return { open, enrolledAt };
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
