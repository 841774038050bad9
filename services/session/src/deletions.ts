import type { Transaction } from '@selfsame/database/database';
import type { Principal } from '@selfsame/http/authentication';
import type { Context } from './context.ts';
import type { BatchDeletion, DeletionRequest, FaceOutcome } from './domain/deletion-request.ts';
import { readBatchDeletion, readDeletionRequest } from './domain/deletion-request.ts';
import type { Session } from './domain/session.ts';
import { type Deleting, eraseLocked, tellDeleted } from './erased-sessions.ts';
import { requestErasure } from './erasures.ts';
import { finishDeletingAll, noteDeletingAll } from './outbound/application-store.ts';
import { putFaceRetention } from './outbound/face-retention-store.ts';
import type { LockedSession, Selection } from './outbound/session-erasure-store.ts';
import { lockSessions } from './outbound/session-erasure-store.ts';
import { findSession } from './outbound/session-store.ts';
import type { Tables } from './outbound/tables.ts';
import type { Refused } from './refusal.ts';
import { notFound, refusedFields } from './refusal.ts';

/** Sessions in one transaction. */
export const deletionBatch = 100;
/** So many sessions of `delete_all` are gone when the request is answered; the rest goes right after. */
const deletedAtOnce = 2_000;

/** What became of a session that was deleted with a body. */
export interface DeletedSession {
  readonly sessionId: string;
  readonly number: number;
  readonly face: FaceOutcome;
  readonly faceUntil: Date | null;
  readonly instructionId: string | null;
  /** Of a privacy erasure. */
  readonly erasureId: string | null;
}

/** `DELETE …/delete/` without a body: the session ends, and everything personal about it goes. The subject's face stays. */
export async function deleteSession(
  context: Context,
  principal: Principal,
  sessionId: string,
): Promise<{ deleted: number } | Refused> {
  const session = await findSession(context.database.db, principal.applicationId, sessionId);
  if (session === null) return notFound;
  const deleted = await deleteSelected(context, principal.applicationId, { numbers: [session.number] });
  return deleted.length === 0 ? notFound : { deleted: deleted.length };
}

/**
 * The same with a body that says what becomes of the face, and whether the whole person is to be erased. The face is settled
 * first: when biometrics is away, nothing is deleted.
 * @throws Failure of biometrics, as 503
 */
export async function deleteSessionAs(
  context: Context,
  principal: Principal,
  sessionId: string,
  body: unknown,
): Promise<DeletedSession | Refused> {
  const { applicationId } = principal;
  const session = await findSession(context.database.db, applicationId, sessionId);
  if (session === null) return notFound;
  const now = new Date();
  const read = readDeletionRequest(body, now);
  if ('errors' in read) return refusedFields(read.errors);
  const { request } = read;
  const face = await settleFace(context, session, request);
  const answer = {
    sessionId: session.id,
    number: session.number,
    face,
    instructionId: request.instructionId,
  };
  if (request.isErasure) {
    const person = { id: session.id, vendorData: session.vendorData };
    const { instructionId } = request;
    const { erasureId } = await requestErasure(context, applicationId, person, instructionId);
    return { ...answer, faceUntil: null, erasureId };
  }
  const faceUntil = face === 'retained_with_user' ? request.faceUntil : null;
  const deleted = await deleteSelected(context, applicationId, { numbers: [session.number] }, async (tx) => {
    if (faceUntil === null || session.vendorData === null) return;
    const { vendorData } = session;
    await putFaceRetention(tx, { applicationId, vendorData, askedAt: now, forgetAt: faceUntil });
  });
  return deleted.length === 0 ? notFound : { ...answer, faceUntil, erasureId: null };
}

async function settleFace(
  { biometrics }: Context,
  { application, vendorData }: Session,
  { keepsFace }: DeletionRequest,
): Promise<FaceOutcome> {
  // A face under no name goes with its session, and nobody could ask for it.
  if (vendorData === null) return keepsFace ? 'ineligible_no_vendor_user' : 'none';
  const subject = { applicationId: application.id, vendorData };
  const found = await biometrics.findTemplate(subject, []);
  const exists = found !== null && !found.isGranted;
  if (keepsFace) return exists ? 'retained_with_user' : 'none';
  await biometrics.forget(subject);
  return exists ? 'deleted' : 'none';
}

/** What became of one number of a batch. */
export interface BatchResult {
  readonly number: number;
  /** null: the application has no such session. */
  readonly sessionId: string | null;
}

/**
 * `POST /v3/sessions/delete/`: sessions by their numbers, or all that there are now. Each transaction takes few of them;
 * numbers that name nothing change nothing.
 * @returns a result for each number; null for all
 */
export async function deleteBatch(
  context: Context,
  principal: Principal,
  body: unknown,
): Promise<{ results: BatchResult[] | null } | Refused> {
  const read = readBatchDeletion(body);
  if (read === undefined) {
    return { refused: 'list', texts: ['Name session_numbers, or set delete_all to true.'] };
  }
  if ('errors' in read) return refusedFields(read.errors);
  return deleteThese(context, principal.applicationId, read.batch);
}

async function deleteThese(
  context: Context,
  applicationId: string,
  batch: BatchDeletion,
): Promise<{ results: BatchResult[] | null }> {
  if ('all' in batch) {
    await context.database.transaction((tx) => noteDeletingAll(tx, applicationId));
    await deleteAllOf(context, applicationId, deletedAtOnce);
    return { results: null };
  }
  const found = new Map<number, string>();
  for (let start = 0; start < batch.numbers.length; start += deletionBatch) {
    const numbers = batch.numbers.slice(start, start + deletionBatch);
    for (const { number, id } of await deleteSelected(context, applicationId, { numbers }))
      found.set(number, id);
  }
  return { results: batch.numbers.map((number) => ({ number, sessionId: found.get(number) ?? null })) };
}

/**
 * Goes on with `delete_all`: every session up to the number that was the last when it was asked. What a crash leaves goes on
 * with the next upkeep; several replicas at once do the same work a little faster.
 * @returns how many, at most about `limit`
 */
export async function deleteAllOf(context: Deleting, applicationId: string, limit: number): Promise<number> {
  let total = 0;
  while (total < limit) {
    const { deleted, isOver } = await context.database.transaction(async (tx) => {
      const through = await finishDeletingAll(tx, applicationId, null);
      if (through === null) return { deleted: 0, isOver: true };
      const sessions = await deleteWithin(context, tx, applicationId, { through });
      const isLast = sessions.length < deletionBatch;
      if (isLast) await finishDeletingAll(tx, applicationId, through);
      return { deleted: sessions.length, isOver: isLast };
    });
    total += deleted;
    if (isOver) break;
  }
  return total;
}

/** Deletes at most a batch of sessions in a transaction of its own. */
async function deleteSelected(
  context: Deleting,
  applicationId: string,
  selection: Selection,
  also?: (tx: Transaction<Tables>) => Promise<void>,
): Promise<LockedSession[]> {
  return context.database.transaction(async (tx) => {
    const deleted = await deleteWithin(context, tx, applicationId, selection);
    if (deleted.length > 0) await also?.(tx);
    return deleted;
  });
}

/** The same within a transaction, telling the other services of each. */
export async function deleteWithin(
  { bus }: Pick<Deleting, 'bus'>,
  tx: Transaction<Tables>,
  applicationId: string,
  selection: Selection,
): Promise<LockedSession[]> {
  const sessions = await lockSessions(tx, applicationId, selection, deletionBatch);
  await eraseLocked(tx, sessions);
  await tellDeleted({ bus }, tx, applicationId, sessions);
  return sessions;
}
