import { randomUUIDv7 } from 'node:crypto';
import { subjectErased } from '@selfsame/contracts/catalog';
import type { ErasureConfirmed } from '@selfsame/contracts/session/v1/events';
import type { Transaction } from '@selfsame/database/database';
import { errorCode, Failure } from '@selfsame/runtime/errors';
import type { Context } from './context.ts';
import { certificateOf, certificateType } from './domain/certificate.ts';
import type { Confirmation } from './domain/erasure.ts';
import { awaited } from './domain/erasure.ts';
import { isUuid } from './domain/ids.ts';
import { userPid } from './domain/user-pid.ts';
import { eraseLocked, tellDeleted } from './erased-sessions.ts';
import { forgetLocks } from './lockouts.ts';
import type { ErasedSession, Erasure } from './outbound/erasure-store.ts';
import {
  addProgress,
  adoptInstruction,
  countUsage,
  findErasure,
  findPending,
  insertErasure,
  listAtWork,
  listConfirmations,
  listEmptyErasures,
  listErasedSessions,
  listInEvent,
  lockErasure,
  lockNumbers,
  noteConfirmed,
  noteErased,
  noteTold,
  putConfirmation,
  takeErasure,
} from './outbound/erasure-store.ts';
import { dropFaceRetention } from './outbound/face-retention-store.ts';
import type { LockedSession } from './outbound/session-erasure-store.ts';
import { hasSessions, lockSessions } from './outbound/session-erasure-store.ts';
import { findSession } from './outbound/session-store.ts';
import type { Tables } from './outbound/tables.ts';

type Tx = Transaction<Tables>;

/** Sessions of a person that one transaction erases; more are rare. */
const batchSize = 500;
/** Ids of sessions that fit into one event. What is beyond is told session by session. */
const maxToldSessions = 2_000;
/** Erasures that one look through the stream ends. */
const maxTogether = 100;
/** Ids of sessions that one look through the stream can look for. */
const maxSought = 20_000;
/** Erasures in a minute of people who have no session: other parts may know them by name, and each reads the stream. */
const maxEmpty = 10;
const emptyWindowMs = 60_000;

/**
 * A person is to be erased: from here on whoever comes under the same name is somebody new. Asked again while it is under way,
 * it is the same erasure, unless there are sessions that are younger, or the instruction is another one: those get one more.
 * @param person without vendorData only the session is known, and erased
 * @throws Failure `erasures_exhausted` for too many people without a session
 */
export async function requestErasure(
  context: Context,
  applicationId: string,
  person: { readonly id: string; readonly vendorData: string | null },
  instructionId: string | null,
): Promise<{ erasureId: string; status: 'pending' }> {
  const { database } = context;
  const user_pid = userPid(context.links.tokenKey, { ...person, applicationId });
  const id = await database.transaction(async (tx) => {
    // Whoever creates a session of a named person holds the same row: theirs comes before, or is somebody new's.
    const through_number = await lockNumbers(tx, applicationId);
    const pending = await findPending(tx, applicationId, user_pid);
    const after_number = pending?.through_number ?? 0;
    if (!(await hasSessionsLeft(tx, applicationId, person, after_number))) {
      if (pending !== null && (await isSame(tx, pending, instructionId))) return pending.id;
      await refuseMany(tx, applicationId);
    }
    const erasure = await insertErasure(tx, {
      id: randomUUIDv7(),
      application_id: applicationId,
      user_pid,
      vendor_data: person.vendorData,
      after_number,
      through_number,
      instruction_id: instructionId,
      requested_at: new Date(),
    });
    await eraseBatch(context, tx, erasure, person);
    return erasure.id;
  });
  await advance(context, id);
  return { erasureId: id, status: 'pending' };
}

/** Whether the person has sessions that no erasure takes along yet. */
async function hasSessionsLeft(
  tx: Tx,
  applicationId: string,
  { id, vendorData }: { readonly id: string; readonly vendorData: string | null },
  after: number,
): Promise<boolean> {
  if (vendorData !== null) return hasSessions(tx, applicationId, { vendorData, after });
  const session = await findSession(tx, applicationId, id);
  return session !== null && session.number > after;
}

/** Whether an instruction is carried out by an erasure that is under way; it takes the instruction's name where it has none. */
async function isSame(tx: Tx, pending: Erasure, instructionId: string | null): Promise<boolean> {
  if (instructionId === null || instructionId === pending.instruction_id) return true;
  return adoptInstruction(tx, pending.id, instructionId);
}

/** Under the lock of the application's row. */
async function refuseMany(tx: Tx, applicationId: string): Promise<void> {
  const now = Date.now();
  const recent = await listEmptyErasures(tx, applicationId, new Date(now - emptyWindowMs));
  const oldest = recent.at(-maxEmpty);
  if (oldest === undefined) return;
  const words = `Erasures of users without a session are limited to ${maxEmpty} per minute.`;
  const retryAfterMs = Math.max(1_000, oldest.getTime() + emptyWindowMs - now);
  throw new Failure('exhausted', 'erasures_exhausted', words, { retryAfterMs });
}

/** Erases the sessions that are left, batch by batch, until the other services have been told. */
async function advance(context: Context, id: string): Promise<void> {
  for (;;) {
    const isLeft = await context.database.transaction(async (tx) => {
      const erasure = await takeErasure(tx, id, 'deleting');
      if (erasure === null) return false;
      return eraseBatch(context, tx, erasure, { id: '', vendorData: erasure.vendor_data });
    });
    if (!isLeft) return;
  }
}

/** @returns whether sessions are left; when none is, the other services are told in this transaction */
async function eraseBatch(
  context: Context,
  tx: Tx,
  erasure: Erasure,
  person: { readonly id: string; readonly vendorData: string | null },
): Promise<boolean> {
  const { bus } = context;
  const sessions = await takeSessions(tx, erasure, person);
  const ids = sessions.map(({ id }) => id);
  const { looks, reviews } = await eraseLocked(tx, sessions);
  const { events, deadLetters } = await bus.forget(tx, ids);
  const usage = await countUsage(tx, ids);
  const room = Math.max(0, maxToldSessions - (erasure.removed.sessions ?? 0));
  await tellDeleted(context, tx, erasure.application_id, sessions.slice(room));
  const removed = { sessions: ids.length, looks, reviews, events: events + deadLetters, usage };
  const next = await addProgress(tx, erasure, { sessionIds: ids, inEvent: room, removed });
  if (sessions.length === batchSize) return true;
  await tell(context, tx, next, person.vendorData);
  return false;
}

async function takeSessions(
  tx: Tx,
  { application_id, after_number: after, through_number: through }: Erasure,
  { id, vendorData }: { readonly id: string; readonly vendorData: string | null },
): Promise<LockedSession[]> {
  if (vendorData !== null) {
    return lockSessions(tx, application_id, { vendorData, after, through }, batchSize);
  }
  const session = await findSession(tx, application_id, id);
  return session === null ? [] : lockSessions(tx, application_id, { numbers: [session.number] }, 1);
}

/** What is left here goes, and the other services are told. */
async function tell(context: Context, tx: Tx, erasure: Erasure, vendorData: string | null): Promise<void> {
  const { application_id: applicationId, id: erasureId, removed } = erasure;
  const now = new Date();
  const sessionIds = await listInEvent(tx, erasureId);
  if (vendorData !== null) {
    await forgetLocks(context, tx, applicationId, vendorData);
    await dropFaceRetention(tx, { applicationId, vendorData });
  }
  await context.bus.enqueue(
    tx,
    subjectErased,
    {
      erasureId,
      applicationId,
      vendorData: vendorData ?? '',
      sessionIds,
      userPid: erasure.user_pid,
      occurredAt: erasure.requested_at,
    },
    { id: erasureId },
  );
  await noteTold(tx, erasureId, now);
  await putConfirmation(tx, erasureId, { service: 'session', confirmedAt: now, ...ownPart(removed) });
  const line = { erasure_id: erasureId, application_id: applicationId, sessions: removed.sessions ?? 0 };
  context.database.onCommit(tx, () => context.log.info(line, 'a person is being erased'));
}

/** What this service removes and keeps itself. */
function ownPart({
  usage = 0,
  sessions = 0,
  ...gone
}: Erasure['removed']): Pick<Confirmation, 'removed' | 'kept'> {
  const removed = [
    { kind: 'sessions', count: sessions },
    { kind: 'looks', count: gone.looks ?? 0 },
    { kind: 'reviews', count: gone.reviews ?? 0 },
    { kind: 'events', count: gone.events ?? 0 },
  ];
  const kept = [
    {
      kind: 'ids of deleted sessions',
      count: sessions,
      reason: 'Number, workflow and dates without content, so that what comes late brings nothing back.',
      until: null,
    },
    {
      kind: 'usage records',
      count: usage,
      reason: 'Accounting: item, price, time and session id; they name nobody.',
      until: null,
    },
  ];
  return { removed, kept: kept.filter(({ count }) => count > 0) };
}

/**
 * Takes note of what a service has removed; what it said first counts. The last one to confirm lets the erasure be ended, off
 * this transaction.
 */
export async function noteConfirmation(context: Context, tx: Tx, message: ErasureConfirmed): Promise<void> {
  const { erasureId, service, applicationId } = message;
  const erasure = isUuid(erasureId) ? await lockErasure(tx, erasureId) : null;
  if (erasure === null || erasure.application_id !== applicationId || erasure.state === 'erased') {
    context.log.info({ erasure_id: erasureId, service }, 'a confirmation that nobody waits for was ignored');
    return;
  }
  await putConfirmation(tx, erasureId, {
    service,
    confirmedAt: message.occurredAt ?? new Date(),
    removed: message.removed.map(({ kind, count }) => ({ kind, count: Number(count) })),
    kept: message.kept.map(({ kind, count, reason, until }) => {
      return { kind, count: Number(count), reason, until: until?.toISOString() ?? null };
    }),
  });
  if (awaited(await listConfirmations(tx, erasureId)).length > 0) return;
  await noteConfirmed(tx, erasureId);
  context.database.onCommit(tx, () => finishSoon(context));
}

/** Per replica: whether the stream is being read, and whether something was confirmed meanwhile. */
const finishing = new WeakMap<Context, { again: boolean }>();

/** Ends what is confirmed. What is confirmed while the stream is read is ended together, by reading it once more. */
function finishSoon(context: Context): void {
  const running = finishing.get(context);
  if (running !== undefined) {
    running.again = true;
    return;
  }
  const state = { again: false };
  finishing.set(context, state);
  finishErasures(context)
    .catch((error: unknown) =>
      context.log.warn({ code: errorCode(error) }, 'erasures that all have confirmed are ended later'),
    )
    .finally(() => {
      finishing.delete(context);
      if (state.again) finishSoon(context);
    });
}

/** Goes on with erasures that a crash has left, and ends those that all have confirmed. @returns how many were ended */
export async function continueErasures(context: Context): Promise<number> {
  for (const id of await listAtWork(context.database.db, 'deleting', maxTogether)) await advance(context, id);
  return finishErasures(context);
}

/**
 * Ends erasures that every service has confirmed: the last events about the person go, from the outbox and then, overwritten,
 * from the stream, and a certificate is signed. Once for many erasures, since the whole stream is read.
 */
async function finishErasures(context: Context): Promise<number> {
  const { database, bus } = context;
  const finished = await listAtWork(database.db, 'confirmed', maxTogether);
  if (finished.length === 0) return 0;
  let messages = 0;
  let about = finished;
  let last: ErasedSession | null = null;
  do {
    const page: ErasedSession[] = await listErasedSessions(database.db, finished, last, maxSought);
    last = page.length === maxSought ? (page.at(-1) ?? null) : null;
    about = [...about, ...page.map(({ sessionId }) => sessionId)];
    // First, so that nothing publishes again what is erased next.
    await database.transaction((tx) => bus.forget(tx, about));
    messages += await bus.erase(about);
    about = [];
  } while (last !== null);
  context.log.info({ messages, erasures: finished.length }, 'events about erased people are overwritten');
  let ended = 0;
  for (const id of finished) if (await certify(context, id)) ended += 1;
  return ended;
}

async function certify(context: Context, id: string): Promise<boolean> {
  return context.database.transaction(async (tx) => {
    const erasure = await takeErasure(tx, id, 'confirmed');
    if (erasure === null) return false;
    const now = new Date();
    const confirmations = await listConfirmations(tx, id);
    const certificate = certificateOf(
      {
        id,
        applicationId: erasure.application_id,
        userPid: erasure.user_pid,
        instructionId: erasure.instruction_id,
        requestedAt: erasure.requested_at,
      },
      confirmations,
      { issuer: context.links.publicBaseUrl, now },
    );
    await noteErased(tx, id, await context.signing.sign(certificateType, certificate), now);
    return true;
  });
}

/** An erasure as its application sees it. */
export interface ErasureView {
  readonly erasure: Erasure;
  readonly confirmations: readonly Confirmation[];
  readonly awaiting: readonly string[];
}

/** `GET /v3/erasures/{id}/` */
export async function readErasure(
  { database }: Pick<Context, 'database'>,
  applicationId: string,
  id: string,
): Promise<ErasureView | null> {
  const erasure = isUuid(id) ? await findErasure(database.db, applicationId, id) : null;
  if (erasure === null) return null;
  const confirmations = await listConfirmations(database.db, id);
  return { erasure, confirmations, awaiting: awaited(confirmations) };
}
