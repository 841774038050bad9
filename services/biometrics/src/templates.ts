import type { Transaction } from '@selfsame/database/database';
import { Failure } from '@selfsame/runtime/errors';
import type { Context } from './context.ts';
import { candidateFate, type TemplateOwner } from './domain/template.ts';
import type { BiometricsTables } from './outbound/store.ts';
import {
  dropExpired,
  dropSubject,
  findTemplate,
  noteKey,
  putTemplate,
  takeCandidate,
} from './outbound/store.ts';

/** A session's entry into a status. */
export interface Verdict {
  readonly applicationId: string;
  readonly sessionId: string;
  readonly vendorData: string;
  readonly status: string;
  readonly enrols: boolean;
  readonly occurredAt: Date;
}

/**
 * An event speaks of the candidate that was there when it happened: one that arrives late must neither promote nor drop
 * what a resubmitted session has shown since. The allowance covers clocks that differ.
 */
const CLOCK_ALLOWANCE_MS = 5_000;
const SWEEP_BATCH = 500;
const SWEEP_BATCHES_MAX = 200;

/**
 * Follows a verdict: an approved session that enrols makes its candidate the subject's template, replacing the older
 * one; a refused session loses it; anything else leaves it. Again with the same verdict, nothing happens.
 */
export async function followVerdict(
  { vault, log }: Pick<Context, 'vault' | 'log'>,
  tx: Transaction<BiometricsTables>,
  verdict: Verdict,
): Promise<void> {
  const { applicationId, sessionId } = verdict;
  const fate = candidateFate(verdict.status, verdict.enrols);
  if (fate === 'keep') return;
  const notAfter = new Date(verdict.occurredAt.getTime() + CLOCK_ALLOWANCE_MS);
  const candidate = await takeCandidate(tx, verdict, notAfter);
  if (fate === 'drop' || candidate === undefined) return;

  const subject = vault.subjectOf(applicationId, verdict.vendorData);
  if (candidate.subject !== subject) {
    log.error({ session_id: sessionId }, 'the candidate belongs to another subject; dropped');
    return;
  }
  const from: TemplateOwner = { kind: 'candidate', applicationId, sessionId, subject };
  const to: TemplateOwner = { kind: 'subject', applicationId, subject };
  const embedding = vault.open(from, candidate.template);
  await putTemplate(tx, to, vault.seal(to, embedding, candidate.template), null);
  log.info({ session_id: sessionId }, 'template enrolled');
}

/** A person as one application names them. */
export interface SubjectName {
  readonly applicationId: string;
  readonly vendorData: string;
}

/** Whether looks can be compared with an enrolled template of the subject. */
export async function hasTemplate({ vault, database }: Context, name: SubjectName): Promise<boolean> {
  const { applicationId, vendorData } = name;
  const subject = vault.subjectOf(applicationId, vendorData);
  return (await findTemplate(database.db, { kind: 'subject', applicationId, subject })) !== undefined;
}

/** Removes everything stored about a subject. */
export async function forget({ vault, database }: Context, name: SubjectName): Promise<void> {
  await dropSubject(database.db, name.applicationId, vault.subjectOf(name.applicationId, name.vendorData));
}

/** Removes expired references and candidates. @returns how many */
export async function sweep({ database }: Pick<Context, 'database'>): Promise<number> {
  let total = 0;
  for (let batch = 0; batch < SWEEP_BATCHES_MAX; batch += 1) {
    const dropped = await dropExpired(database.db, SWEEP_BATCH);
    total += dropped;
    if (dropped < SWEEP_BATCH) break;
  }
  return total;
}

/**
 * Refuses to start on templates that another key sealed: nobody would be recognised, and everyone enrolled twice.
 * @throws Failure `biometric_key_mismatch`
 */
export async function requireMatchingKey({
  vault,
  database,
}: Pick<Context, 'vault' | 'database'>): Promise<void> {
  const noted = await noteKey(database.db, vault.keyId);
  if (noted === vault.keyId) return;
  throw new Failure(
    'precondition',
    'biometric_key_mismatch',
    `the stored templates are sealed under biometric key ${noted}, but BIOMETRIC_KEY is key ${vault.keyId}: ` +
      'restore the former key, or empty the tables templates and biometric_key and let everyone enrol anew',
  );
}
