import { randomUUIDv7 } from 'node:crypto';
import { propagation, context as telemetryContext } from '@opentelemetry/api';
import type { Transaction } from '@selfsame/database/database';
import { type Context, leaseMs } from './context.ts';
import { ensureApplicationEndpoint } from './destinations.ts';
import type { Dispatcher } from './dispatcher.ts';
import { type SessionEvent, sessionBody, statusUpdated, type WebhookVersion } from './domain/body.ts';
import type { Destination } from './domain/delivery.ts';
import { checkEndpoint } from './domain/endpoint.ts';
import { insertDeliveries, type NewDelivery, touchSession } from './outbound/delivery-store.ts';
import { listDestinations } from './outbound/destination-store.ts';
import type { Tables } from './outbound/tables.ts';

/** Where one event goes. */
interface Target {
  readonly destination: Destination;
  readonly url: string;
  /** The session's callback, when it takes the place of a destination. */
  readonly callbackUrl: string | null;
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
  if (!(await touchSession(tx, event.sessionId, event.applicationId))) return;
  const targets = await findTargets(context, tx, event.applicationId, callback);
  if (targets.length === 0) return;

  const bodies = new Map<WebhookVersion, string>();
  const deliveries = targets.map((target): NewDelivery => {
    const { id: destinationId, version, sealedSecret } = target.destination;
    const body = bodies.get(version) ?? sessionBody(event, version);
    bodies.set(version, body);
    return {
      id: randomUUIDv7(),
      eventId: event.eventId,
      destinationId,
      applicationId: event.applicationId,
      sessionId: event.sessionId,
      webhookType: statusUpdated,
      status: event.status,
      sequence: event.sequence,
      url: target.url,
      callbackUrl: target.callbackUrl,
      body,
      traceparent: currentTraceparent(),
      createdAt: event.occurredAt,
      attempts: 0,
      // Born claimed where there is room: the first attempt does not wait for anybody to look.
      claims: dispatcher.hasRoom(destinationId) ? 1 : 0,
      sealedSecret,
    };
  });
  const inserted = await insertDeliveries(tx, deliveries, leaseMs(context.config));
  context.database.onCommit(tx, () => {
    for (const delivery of deliveries) {
      if (!inserted.has(delivery.id)) continue;
      if (delivery.claims > 0) dispatcher.start(delivery);
      else dispatcher.wake(delivery.destinationId);
    }
  });
}

/**
 * The destinations that are switched on and subscribed. An application without any destination has its events posted
 * to the session's callback, signed with the application's own secret.
 */
async function findTargets(
  context: Context,
  tx: Transaction<Tables>,
  applicationId: string,
  callback: string,
): Promise<Target[]> {
  const destinations = await listDestinations(tx, applicationId);
  if (destinations.length === 0) {
    const endpoint = checkEndpoint(callback, context.config.addressPolicy);
    if (!endpoint.ok) return [];
    const destination = await ensureApplicationEndpoint(context, tx, applicationId);
    return [{ destination, url: endpoint.href, callbackUrl: endpoint.href }];
  }
  return destinations.flatMap((destination) => {
    const { enabled, subscribedEvents, url } = destination;
    const wanted = enabled && subscribedEvents.includes(statusUpdated);
    return wanted && url !== null ? [{ destination, url, callbackUrl: null }] : [];
  });
}

function currentTraceparent(): string | null {
  const carrier: Record<string, string> = {};
  propagation.inject(telemetryContext.active(), carrier);
  return carrier.traceparent ?? null;
}
