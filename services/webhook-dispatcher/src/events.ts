import { randomUUIDv7 } from 'node:crypto';
import { propagation, context as telemetryContext } from '@opentelemetry/api';
import type { Transaction } from '@selfsame/database/database';
import { ensureApplicationEndpoint } from './application-endpoint.ts';
import { type Context, leaseMs, lookMs } from './context.ts';
import type { Dispatcher } from './dispatcher.ts';
import { type SessionEvent, sessionBody, statusUpdated, type WebhookVersion } from './domain/body.ts';
import type { Destination } from './domain/delivery.ts';
import { checkEndpoint } from './domain/endpoint.ts';
import {
  findBusyTurns,
  insertDeliveries,
  listTargets,
  type NewDelivery,
  touchSession,
} from './outbound/acceptance-store.ts';
import type { Tables } from './outbound/tables.ts';
import { wakeNext } from './outbound/turn-store.ts';

/** Where one event goes. */
interface Goal {
  readonly destination: Destination;
  readonly url: string;
  /** The session's callback, when it takes the place of a destination. */
  readonly callbackUrl: string | null;
  /** Attempts may start without asking. */
  readonly isSound: boolean;
}

/**
 * Turns an event into one delivery for each destination that wants it, within the consumer's transaction, and attempts
 * them as soon as that has committed. The same event twice makes no second delivery.
 */
export async function acceptSessionEvent(
  context: Context,
  dispatcher: Dispatcher,
  tx: Transaction<Tables>,
  event: SessionEvent,
  callback: string,
): Promise<void> {
  const session = await touchSession(tx, event);
  if (session.isErased) return;
  const goals = await findGoals(context, tx, event.applicationId, callback);
  const mustWait = await findWaiting(tx, event, goals, session.contiguous);

  const bodies = new Map<WebhookVersion, string>();
  const deliveries = goals.map((goal): NewDelivery => {
    const { destination, url, callbackUrl, isSound } = goal;
    const { id: destinationId, version, maxInFlight } = destination;
    const body = bodies.get(version) ?? sessionBody(event, version);
    bodies.set(version, body);
    const state = !destination.enabled ? 'held' : mustWait.has(destinationId) ? 'waiting' : 'pending';
    // Born claimed where there is room: the first attempt does not wait for anybody to look.
    const startsNow = state === 'pending' && isSound && dispatcher.hasRoom(destinationId, maxInFlight);
    return {
      id: randomUUIDv7(),
      eventId: event.eventId,
      destinationId,
      applicationId: event.applicationId,
      sessionId: event.sessionId,
      webhookType: statusUpdated,
      status: event.status,
      sequence: event.sequence,
      url,
      callbackUrl,
      isCallback: callbackUrl !== null,
      body,
      traceparent: currentTraceparent(),
      createdAt: event.occurredAt,
      attempts: 0,
      state,
      claims: startsNow ? 1 : 0,
      destination,
    };
  });
  const times = { leaseMs: leaseMs(context.config), lookMs: lookMs(context.config) };
  const inserted = deliveries.length > 0 ? await insertDeliveries(tx, deliveries, times) : new Set<string>();
  if (session.closesGap) await wakeNext(tx, [event.sessionId]);
  context.database.onCommit(tx, () => {
    const isDue = ({ id, state, claims }: NewDelivery) =>
      inserted.has(id) && state === 'pending' && claims === 0;
    for (const delivery of deliveries) {
      if (inserted.has(delivery.id) && delivery.claims > 0) dispatcher.start(delivery);
    }
    if (session.closesGap || deliveries.some(isDue)) dispatcher.wake();
  });
}

/**
 * The destinations that are subscribed, and on, or off by the system's doing: for those events are kept. An application
 * without any destination has its events posted to the session's callback, signed with the application's own secret.
 */
async function findGoals(
  context: Context,
  tx: Transaction<Tables>,
  applicationId: string,
  callback: string,
): Promise<Goal[]> {
  const targets = await listTargets(tx, applicationId);
  if (targets.length === 0) {
    const endpoint = checkEndpoint(callback, context.config.addressPolicy);
    if (!endpoint.ok) return [];
    const destination = await ensureApplicationEndpoint(context, tx, applicationId);
    return [{ destination, url: endpoint.href, callbackUrl: endpoint.href, isSound: true }];
  }
  return targets.flatMap(({ destination, isSound }) => {
    const { enabled, disabledReason, subscribedEvents, url } = destination;
    const isKept = enabled || disabledReason === 'failing' || disabledReason === 'gone';
    const wanted = isKept && subscribedEvents.includes(statusUpdated);
    return wanted && url !== null ? [{ destination, url, callbackUrl: null, isSound }] : [];
  });
}

/** Ordered destinations where an earlier event of the session is under way, or has not been heard of. */
async function findWaiting(
  tx: Transaction<Tables>,
  event: SessionEvent,
  goals: readonly Goal[],
  contiguous: number,
): Promise<ReadonlySet<string>> {
  const ordered = goals.flatMap(({ destination }) => (destination.ordered ? [destination.id] : []));
  if (ordered.length === 0) return new Set();
  if (event.sequence > contiguous) return new Set(ordered);
  return await findBusyTurns(tx, event.sessionId, ordered, event.sequence);
}

function currentTraceparent(): string | null {
  const carrier: Record<string, string> = {};
  propagation.inject(telemetryContext.active(), carrier);
  return carrier.traceparent ?? null;
}
