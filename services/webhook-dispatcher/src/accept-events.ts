import { randomUUIDv7 } from 'node:crypto';
import { propagation, type Context as TelemetryContext } from '@opentelemetry/api';
import type { Transaction } from '@selfsame/database/database';
import { ensureApplicationEndpoint } from './application-endpoint.ts';
import { type Context, leaseMs, lookMs } from './context.ts';
import type { Dispatcher } from './dispatcher.ts';
import { type SessionEvent, sessionBody, statusUpdated, type WebhookVersion } from './domain/body.ts';
import { type Destination, isOffBySystem } from './domain/delivery.ts';
import { checkEndpoint } from './domain/endpoint.ts';
import {
  insertDeliveries,
  listTargets,
  type NewDelivery,
  type Target,
  touchSessions,
} from './outbound/acceptance-store.ts';
import type { Tables } from './outbound/tables.ts';
import { wakeNext } from './outbound/turn-store.ts';

/** An event as it came. */
export interface ArrivedEvent {
  readonly event: SessionEvent;
  /** Of the session; empty for none. */
  readonly callback: string;
  /** When the frame came that the event follows from; null when it follows from none. */
  readonly frameAt: Date | null;
  readonly trace: TelemetryContext;
}

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
 * Turns events into one delivery for each destination that wants them, within the consumer's transaction, and attempts
 * them as soon as that has committed. The same event twice makes no second delivery.
 */
export async function acceptSessionEvents(
  context: Context,
  dispatcher: Dispatcher,
  tx: Transaction<Tables>,
  arrived: readonly ArrivedEvent[],
): Promise<void> {
  const erased = await touchSessions(
    tx,
    arrived.map(({ event }) => event),
  );
  const events = arrived.filter(({ event }) => !erased.has(event.sessionId));
  if (events.length === 0) return;
  const applicationIds = new Set(events.map(({ event }) => event.applicationId));
  const targets = await listTargets(tx, [...applicationIds]);
  const room = roomOf(dispatcher);
  const deliveries: NewDelivery[] = [];
  for (const one of events) {
    const goals = await findGoals(context, tx, targets.get(one.event.applicationId) ?? [], one);
    const bodies = createBodies(one.event);
    for (const goal of goals)
      deliveries.push(makeDelivery(one, goal, bodies(goal.destination.version), room));
  }
  if (deliveries.length === 0) return;
  const times = { leaseMs: leaseMs(context.config), lookMs: lookMs(context.config) };
  const inserted = await insertDeliveries(tx, deliveries, times);
  const waiting = deliveries.filter(({ state }) => state === 'waiting');
  if (waiting.length > 0) {
    await wakeNext(tx, [...new Set(waiting.map(({ sessionId }) => sessionId))]);
  }
  context.database.onCommit(tx, () => {
    const made = deliveries.filter(({ id }) => inserted.has(id));
    for (const delivery of made) if (delivery.claims > 0) dispatcher.start(delivery);
    if (made.some(({ state, claims }) => state !== 'held' && claims === 0)) dispatcher.wake();
  });
}

/** How much room the deliveries of one transaction find, all of which will start at once. */
function roomOf(dispatcher: Dispatcher): (destination: Destination) => boolean {
  const left = new Map<string, number>();
  let leftInAll = dispatcher.room();
  return ({ id, maxInFlight }) => {
    const room = left.get(id) ?? dispatcher.roomFor(id, maxInFlight);
    if (room < 1 || leftInAll < 1) return false;
    left.set(id, room - 1);
    leftInAll -= 1;
    return true;
  };
}

/** An event's body in each version, written once. */
function createBodies(event: SessionEvent): (version: WebhookVersion) => string {
  const bodies = new Map<WebhookVersion, string>();
  return (version) => {
    const body = bodies.get(version) ?? sessionBody(event, version);
    bodies.set(version, body);
    return body;
  };
}

function makeDelivery(
  { event, trace, frameAt }: ArrivedEvent,
  { destination, url, callbackUrl, isSound }: Goal,
  body: string,
  hasRoom: (destination: Destination) => boolean,
): NewDelivery {
  // At an ordered destination, whoever knows what has come before says when it is its turn.
  const state = !destination.enabled ? 'held' : destination.ordered ? 'waiting' : 'pending';
  // Born claimed where there is room: the first attempt does not wait for anybody to look.
  const startsNow = state === 'pending' && isSound && hasRoom(destination);
  return {
    id: randomUUIDv7(),
    eventId: event.eventId,
    destinationId: destination.id,
    applicationId: event.applicationId,
    sessionId: event.sessionId,
    webhookType: statusUpdated,
    status: event.status,
    sequence: event.sequence,
    url,
    callbackUrl,
    isCallback: callbackUrl !== null,
    body,
    traceparent: traceparentOf(trace),
    createdAt: event.occurredAt,
    frameAt: isSound && destination.enabled ? frameAt : null,
    attempts: 0,
    state,
    claims: startsNow ? 1 : 0,
    destination,
  };
}

/**
 * The destinations that are subscribed, and on, or off by the system's doing: for those events are kept. An application
 * without any destination has its events posted to the session's callback, signed with the application's own secret.
 */
async function findGoals(
  context: Context,
  tx: Transaction<Tables>,
  targets: readonly Target[],
  { event, callback }: ArrivedEvent,
): Promise<Goal[]> {
  if (targets.length === 0) {
    const endpoint = checkEndpoint(callback, context.config.addressPolicy);
    if (!endpoint.ok) return [];
    const destination = await ensureApplicationEndpoint(context, tx, event.applicationId);
    return [{ destination, url: endpoint.href, callbackUrl: endpoint.href, isSound: true }];
  }
  return targets.flatMap(({ destination, isSound }) => {
    const { enabled, subscribedEvents, url } = destination;
    const wanted = (enabled || isOffBySystem(destination)) && subscribedEvents.includes(statusUpdated);
    return wanted && url !== null ? [{ destination, url, callbackUrl: null, isSound }] : [];
  });
}

function traceparentOf(trace: TelemetryContext): string | null {
  const carrier: Record<string, string> = {};
  propagation.inject(trace, carrier);
  return carrier.traceparent ?? null;
}
