import { destinationDisabled } from '@selfsame/contracts/catalog';
import { DestinationDisabled } from '@selfsame/contracts/webhook_dispatcher/v1/events';
import type { Transaction } from '@selfsame/database/database';
import type { Context } from './context.ts';
import { afterAttempt, classOf, type DestinationClass, isHopeless, isSound } from './domain/health.ts';
import { isSuccess, type Outcome } from './domain/schedule.ts';
import { switchOff } from './outbound/destination-store.ts';
import { findAiling, lockHealth, saveHealth } from './outbound/health-store.ts';
import { writeHistory } from './outbound/history-store.ts';
import type { Tables } from './outbound/tables.ts';

/** What came of noting. */
export interface Noted {
  /** One of them is well again. */
  readonly hasRecovered: boolean;
  /** How each of them was doing before. */
  readonly classes: ReadonlyMap<string, DestinationClass>;
}

/** Notes what attempts have said about their destinations. A destination that is well costs no more than one look for all. */
export async function noteOutcomes(
  context: Context,
  outcomes: ReadonlyMap<string, readonly Outcome[]>,
): Promise<Noted> {
  const allWell: string[] = [];
  const troubled = new Set<string>();
  for (const [id, ofOne] of outcomes) {
    if (ofOne.every(isSuccess)) allWell.push(id);
    else troubled.add(id);
  }
  if (allWell.length > 0) for (const id of await findAiling(context.database.db, allWell)) troubled.add(id);
  let hasRecovered = false;
  const classes = new Map<string, DestinationClass>(allWell.map((id) => [id, 'healthy']));
  for (const id of troubled) {
    const noted = await context.database.transaction((tx) => note(context, tx, id, outcomes.get(id) ?? []));
    if (noted === undefined) continue;
    hasRecovered ||= noted.isWellAgain;
    classes.set(id, noted.before);
  }
  return { hasRecovered, classes };
}

/** @returns isWellAgain: attempts may start without asking from now on, when they might not before */
async function note(
  context: Context,
  tx: Transaction<Tables>,
  destinationId: string,
  outcomes: readonly Outcome[],
): Promise<{ isWellAgain: boolean; before: DestinationClass } | undefined> {
  const locked = await lockHealth(tx, destinationId);
  if (locked === undefined) return undefined;
  const { now } = locked;
  const policy = context.config.health;
  const health = outcomes.reduce(
    (before, outcome) => afterAttempt(before, outcome, now, policy),
    locked.health,
  );
  await saveHealth(tx, destinationId, health);
  const isGone = outcomes.some((outcome) => outcome.kind === 'answered' && outcome.status === 410);
  const reason = isGone ? 'gone' : isHopeless(health, now, policy) ? 'failing' : undefined;
  if (reason !== undefined)
    await disable(context, tx, destinationId, { reason, since: health.failingSince, now });
  const isWellAgain = isSound(health, null) && !isSound(locked.health, null);
  return { isWellAgain, before: classOf(locked.health.circuit, locked.health.failingSince !== null) };
}

async function disable(
  context: Context,
  tx: Transaction<Tables>,
  destinationId: string,
  why: { reason: 'failing' | 'gone'; since: Date | null; now: Date },
): Promise<void> {
  const { reason, since, now } = why;
  const applicationId = await switchOff(tx, destinationId, reason);
  if (applicationId === undefined) return; // somebody else did
  await writeHistory(tx, destinationId, 'disabled', 'system', { reason });
  const message = DestinationDisabled.fromPartial({
    destinationId,
    applicationId,
    reason,
    failingSince: since ?? now,
    occurredAt: now,
  });
  await context.bus.enqueue(tx, destinationDisabled, message);
  const line = { destination_id: destinationId, reason };
  context.database.onCommit(tx, () =>
    context.log.warn(line, 'destination switched off; its deliveries wait'),
  );
}
