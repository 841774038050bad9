import type { Bus } from '@selfsame/bus/bus';
import { erasureConfirmed, templateForgotten } from '@selfsame/contracts/catalog';
import { ErasureConfirmed, type SubjectErased } from '@selfsame/contracts/session/v1/events';
import type { Transaction } from '@selfsame/database/database';
import type { Context } from './context.ts';
import {
  countImages,
  dropFormerGrants,
  dropFormerTemplates,
  forgetSourceOfFaces,
  putWaiting,
  takeFinished,
} from './outbound/erasure-store.ts';
import type { BiometricsTables } from './outbound/tables.ts';
import { holdSubject } from './outbound/template-store.ts';
import { leaveSession } from './templates.ts';

type Tx = Transaction<BiometricsTables>;

/** How long late events of a deleted session are known for what they are; as `leaveSession` has it. */
const markedMs = 2 * 86_400_000;

/**
 * A person was erased: the template, with its anchor, its history and the grants that rest on it, candidates and portraits of
 * their sessions, and pictures. Somebody who has enrolled under the same name since keeps what is theirs. Faces on blocklists
 * stay; fraud-signals has those on other lists taken off.
 *
 * The confirmation goes out with it, or once the objects of the pictures are gone.
 */
export async function confirmErasure(
  context: Pick<Context, 'vault' | 'bus' | 'database' | 'images' | 'log'> & {
    bus: Pick<Bus<BiometricsTables>, 'enqueue' | 'forget'>;
  },
  tx: Tx,
  message: SubjectErased,
): Promise<void> {
  const { bus, database, log } = context;
  const { erasureId, applicationId, sessionIds } = message;
  const { templates, candidates, grants } = await eraseFaces(context, tx, message);
  const pictures = await countImages(tx, applicationId, sessionIds);
  const onBlocklists = await forgetSourceOfFaces(tx, applicationId, sessionIds);
  for (const sessionId of sessionIds) await leaveSession(context, tx, { applicationId, sessionId });
  const { deadLetters } = await bus.forget(tx, sessionIds);
  if (erasureId === '') return; // nobody waits for it
  const now = new Date();
  const confirmation = ErasureConfirmed.fromPartial({
    erasureId,
    applicationId,
    service: 'biometrics',
    removed: [
      { kind: 'templates', count: BigInt(templates) },
      { kind: 'faces that waited for a verdict', count: BigInt(candidates) },
      { kind: 'grants', count: BigInt(grants) },
      { kind: 'pictures', count: BigInt(pictures) },
      { kind: 'events that could not be handled', count: BigInt(deadLetters) },
    ],
    kept: [
      {
        kind: 'faces on blocklists',
        count: BigInt(onBlocklists),
        reason: 'Protected templates of who was barred for cause, under no name and of no session.',
      },
      {
        kind: 'ids of deleted sessions',
        count: BigInt(sessionIds.length),
        reason: 'So that what comes late of them brings nothing back.',
        until: new Date(now.getTime() + markedMs),
      },
    ].filter(({ count }) => count > 0n),
    occurredAt: now,
  });
  if (pictures === 0) return tell(bus, tx, confirmation);
  await putWaiting(tx, {
    erasureId,
    applicationId,
    sessionIds,
    confirmation: Buffer.from(ErasureConfirmed.encode(confirmation).finish()),
  });
  database.onCommit(tx, () => {
    context.images
      .sweep()
      .then(() => confirmFinished(context))
      .catch((err: unknown) => log.warn({ err }, 'pictures of an erased person go later'));
  });
}

async function eraseFaces({ vault, bus }: Pick<Context, 'vault' | 'bus'>, tx: Tx, message: SubjectErased) {
  const { applicationId, vendorData, sessionIds, occurredAt } = message;
  if (vendorData === '') return { templates: 0, candidates: 0, grants: 0 };
  const subject = vault.subjectOf(applicationId, vendorData);
  // A status that enrols them this moment is followed first, and what it enrolled goes too.
  await holdSubject(tx, subject);
  const former = { applicationId, subject, sessionIds, before: occurredAt ?? new Date() };
  const grants = await dropFormerGrants(tx, former);
  const dropped = await dropFormerTemplates(tx, former);
  if (dropped.templates > 0)
    await bus.enqueue(tx, templateForgotten, { applicationId, occurredAt: new Date() });
  return { ...dropped, grants };
}

/** Tells the confirmations that waited for pictures to go. @returns how many */
export async function confirmFinished({ database, bus }: Pick<Context, 'database' | 'bus'>): Promise<number> {
  return database.transaction(async (tx) => {
    const finished = await takeFinished(tx);
    for (const confirmation of finished) await tell(bus, tx, ErasureConfirmed.decode(confirmation));
    return finished.length;
  });
}

async function tell(
  bus: Pick<Context['bus'], 'enqueue'>,
  tx: Tx,
  confirmation: ErasureConfirmed,
): Promise<void> {
  await bus.enqueue(tx, erasureConfirmed, confirmation, { id: `${confirmation.erasureId}/biometrics` });
}
