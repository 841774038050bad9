import { createHmac } from 'node:crypto';
import type { Transaction } from '@selfsame/database/database';
import type { Context } from './context.ts';
import { afterFailure, allowanceOf, isLocked, outlivedAt } from './domain/lockout.ts';
import { networkDigest } from './domain/networks.ts';
import type { Session } from './domain/session.ts';
import { lockoutOf } from './domain/workflow.ts';
import type { LockKey } from './outbound/lockout-store.ts';
import { dropRecord, findLock, lockRecords, saveRecord } from './outbound/lockout-store.ts';
import type { Queries, Tables } from './outbound/tables.ts';

/** Where a look comes from, as digests that say nothing by themselves; null where it is unknown. */
export interface Origin {
  readonly device: Buffer | null;
  readonly network: Buffer | null;
}

/** A look of which nothing is known. */
export const unknownOrigin: Origin = { device: null, network: null };

/**
 * Reads where a look comes from. What capture sends is a digest that could be found by trying all addresses; under the
 * token key, and apart for each application, it cannot.
 * @param digests 32 bytes each; anything else counts as unknown
 */
export function originOf(
  context: Context,
  applicationId: string,
  digests: { readonly deviceSha256: Uint8Array; readonly networkSha256: Uint8Array },
): Origin {
  const keyed = (kind: string, digest: Uint8Array) =>
    digest.length === 32 ? keyOf(context, [kind, applicationId], digest) : null;
  return { device: keyed('device', digests.deviceSha256), network: keyed('network', digests.networkSha256) };
}

/** The same of a visit, under the names that its looks have. */
export function visitOrigin(
  context: Context,
  applicationId: string,
  visit:
    | { readonly ipAddress: string; readonly device?: { readonly cookieSha256: Uint8Array } | undefined }
    | undefined,
): Origin {
  const deviceSha256 = visit?.device?.cookieSha256 ?? new Uint8Array();
  const networkSha256 = networkDigest(visit?.ipAddress ?? '');
  return originOf(context, applicationId, { deviceSha256, networkSha256 });
}

/** When the lock on the subject, or on where the look comes from, ends; null when none is in force. */
export async function lockedUntil(
  context: Context,
  db: Queries,
  session: Session,
  origin: Origin,
  now: Date,
): Promise<Date | null> {
  const until = await findLock(db, lockKeys(context, session, origin));
  return isLocked(until, now) ? until : null;
}

/**
 * Counts a failed look against its subject, device and network, in the transaction of its verdict. Looks at the same
 * time count one after the other, whatever sessions they belong to.
 * @returns false when the subject is locked already: then this look must not be answered with a verdict, and counts not
 */
export async function countFailure(
  context: Context,
  tx: Transaction<Tables>,
  session: Session,
  origin: Origin,
  now: Date,
): Promise<boolean> {
  const keys = lockKeys(context, session, origin);
  const records = await lockRecords(tx, keys, now);
  const subject = records[keys.findIndex(({ kind }) => kind === 'subject')];
  if (subject !== undefined && isLocked(subject.lockedUntil, now)) return false;
  const rule = lockoutOf(session.workflow.definition);
  for (const [index, key] of keys.entries()) {
    const before = records[index] ?? { failures: [], lockedUntil: null };
    const after = afterFailure(before, rule, allowanceOf(rule, key.kind), now);
    await saveRecord(tx, key, after, outlivedAt(after, now));
    if (after.lockedUntil !== before.lockedUntil) announceLock(context, tx, session, key, after.lockedUntil);
  }
  return true;
}

/** Forgets the failed looks of a subject, whoever it is now. */
export async function forgetLocks(
  context: Context,
  tx: Transaction<Tables>,
  applicationId: string,
  vendorData: string,
): Promise<void> {
  await dropRecord(tx, {
    applicationId,
    kind: 'subject',
    key: subjectKey(context, applicationId, vendorData),
  });
}

function announceLock(
  context: Context,
  tx: Transaction<Tables>,
  session: Session,
  { kind }: LockKey,
  until: Date | null,
): void {
  const line = { session_id: session.id, application_id: session.application.id, kind, until };
  context.database.onCommit(tx, () => context.log.warn(line, 'locked out after too many failed looks'));
}

/**
 * The subject is whose face is compared: who tries it out in several applications of an organisation has as many tries as in
 * one.
 */
function lockKeys(context: Context, session: Session, origin: Origin): LockKey[] {
  const { application, referenceApplicationId, vendorData } = session;
  const owner = referenceApplicationId ?? application.id;
  const subject = vendorData === null ? null : subjectKey(context, owner, vendorData);
  return (['subject', 'device', 'network'] as const).flatMap((kind) => {
    const key = kind === 'subject' ? subject : origin[kind];
    const applicationId = kind === 'subject' ? owner : application.id;
    return key === null ? [] : [{ applicationId, kind, key }];
  });
}

function subjectKey(context: Context, applicationId: string, vendorData: string): Buffer {
  return keyOf(context, ['subject', applicationId], Buffer.from(vendorData));
}

function keyOf(context: Context, scope: readonly string[], value: Uint8Array): Buffer {
  const prefix = ['lockout', ...scope].join('\0');
  return createHmac('sha256', context.links.tokenKey).update(`${prefix}\0`).update(value).digest();
}
