import type { Context } from './context.ts';
import { similarityScore } from './domain/calibration.ts';
import type { RowOwner, StoredTemplate, TemplateKey } from './domain/template.ts';
import { findTemplate, type Tables } from './outbound/store.ts';
import type { Vault } from './outbound/vault.ts';
import { EMBEDDING_SPACE } from './pipeline/embedding.ts';
import { type ProtectedTemplate, protectedCosine } from './protection/transform.ts';
import { activeKey } from './template-keys.ts';

/** A template that compares, under its key. */
export interface OpenTemplate {
  readonly key: TemplateKey;
  readonly template: ProtectedTemplate;
}

/** What is on file for a look. */
export interface OnFile {
  /** What it is compared with; undefined when there is none that compares. */
  readonly reference: OpenTemplate | undefined;
  /** The subject's own, the same as the reference or beside it; undefined when none compares or none was looked up. */
  readonly enrolled: OpenTemplate | undefined;
  /** The subject was enrolled under a key version that retires or was revoked. */
  readonly outdated: boolean;
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

/** @throws Failure `template_unopenable` */
export async function findOnFile(context: Context, sought: Sought): Promise<OnFile> {
  const { applicationId, sessionId, vendorData } = sought;
  const wantsSubject = vendorData !== '' && (sought.reference !== 'none' || sought.keepCandidate);
  const subject = context.vault.subjectOf(applicationId, vendorData);
  const [portrait, own] = await Promise.all([
    sought.reference === 'session'
      ? findOpen(context, { kind: 'reference', applicationId, sessionId })
      : undefined,
    wantsSubject ? findOpen(context, { kind: 'subject', applicationId, subject }) : undefined,
  ]);
  return {
    reference: sought.reference === 'subject' ? own?.open : portrait?.open,
    enrolled: own?.open,
    outdated: own !== undefined && own.open?.key.state !== 'active',
  };
}

/** Calibrated similarity 0..100 of a face with a stored one, compared under the stored one's key. */
export function similarityTo({ vault }: Context, stored: OpenTemplate, embedding: Float32Array): number {
  return similarityScore(protectedCosine(vault.protect(stored.key, embedding), stored.template));
}

/** @returns undefined without a row of today's embedder; `open` is undefined when its key was revoked */
async function findOpen(
  { vault, database }: Context,
  owner: RowOwner,
): Promise<{ open: OpenTemplate | undefined } | undefined> {
  const stored = await findTemplate(database.db, owner);
  if (stored === undefined) return undefined;
  if (stored.state === 'revoked') return { open: undefined };
  if (stored.template.embeddingSpace !== EMBEDDING_SPACE) return undefined;
  return { open: await opened(vault, database.db, owner, stored) };
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
  stored: Exclude<StoredTemplate, { state: 'revoked' }>,
): Promise<OpenTemplate> {
  if (stored.state === 'usable') {
    return { key: stored.key, template: vault.open(owner, stored.key, stored.template) };
  }
  const key = await activeKey(db, owner.applicationId);
  return { key, template: vault.protect(key, vault.openPlain(owner, stored.template)) };
}
