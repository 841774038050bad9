import { randomUUIDv7 } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { SealedBefore } from '@selfsame/keys/keyring';
import { Failure } from '@selfsame/runtime/errors';
import type { Kysely } from 'kysely';
import type { Context } from './context.ts';
import { type WebhookVersion, webhookEvents } from './domain/body.ts';
import { type Destination, isOffBySystem } from './domain/delivery.ts';
import { checkEndpoint } from './domain/endpoint.ts';
import { soundHealth } from './domain/health.ts';
import type { RetrySchedule } from './domain/schedule.ts';
import {
  countDestinations,
  type DestinationChange,
  deleteDestination,
  findAnyDestination,
  findDestination,
  insertDestination,
  isUrlTaken,
  lockDestination,
  updateDestination,
} from './outbound/destination-store.ts';
import { lockHealth, saveHealth } from './outbound/health-store.ts';
import { writeHistory } from './outbound/history-store.ts';
import { endOrder, holdFailed } from './outbound/redrive-store.ts';
import { newSecret, openFormer } from './outbound/secrets.ts';
import type { Tables } from './outbound/tables.ts';

/** Who asks: the application, and the API key that its history will name. */
export interface Owner {
  readonly applicationId: string;
  readonly keyId: string;
}

/** Why a field cannot be taken, in words for the caller. */
export interface Refusal {
  readonly kind: 'refused';
  readonly field: string;
  readonly reason: string;
}

/** What an owner says about a destination. */
export interface DestinationInput {
  label?: string;
  url?: string;
  enabled?: boolean;
  version?: WebhookVersion;
  subscribedEvents?: string[];
  ordered?: boolean;
  retrySchedule?: RetrySchedule;
  ratePerSecond?: number | null;
  maxInFlight?: number | null;
  asymmetricSignature?: boolean;
}

/** Each has a row in every acceptance of an event, and in the list that shows all of them. */
export const maxDestinations = 100;

/** How a new destination is served unless its owner says otherwise. */
export function defaultTerms({ config }: Context) {
  return {
    ordered: false,
    retrySchedule: config.retrySchedule,
    ratePerSecond: null,
    maxInFlight: null,
    asymmetricSignature: false,
    sealedPreviousSecret: null,
    previousSecretEndsAt: null,
    disabledReason: null,
  };
}

/** Another destination of the application has the URL. */
/** Small, so that no row is locked for long. */
const freedAtOnce = 1_000;

const urlTaken: Refusal = {
  kind: 'refused',
  field: 'url',
  reason: 'This webhook destination already exists for the application.',
};

/** Creates a destination with a new secret. */
export async function createDestination(
  context: Context,
  owner: Owner,
  input: DestinationInput,
): Promise<{ kind: 'created'; id: string } | { kind: 'full' } | Refusal> {
  const change = readInput(context, input);
  if ('kind' in change) return change;
  const { label = '', url = null, enabled = true, version = 'v3', subscribedEvents = [] } = change;
  const id = randomUUIDv7();
  const { applicationId, keyId } = owner;
  return await context.database.transaction(async (tx) => {
    if ((await countDestinations(tx, applicationId)) >= maxDestinations) return { kind: 'full' };
    const isNew = await insertDestination(tx, {
      ...defaultTerms(context),
      ...change,
      id,
      applicationId,
      isApplicationEndpoint: false,
      label,
      url,
      enabled,
      version,
      subscribedEvents,
      sealedSecret: context.secrets.seal(newSecret(), { applicationId, id }),
      disabledReason: enabled ? null : 'owner',
    });
    if (!isNew) return urlTaken;
    await writeHistory(tx, id, 'created', keyId);
    return { kind: 'created', id };
  });
}

/**
 * Changes what the input names. A destination that is switched on, or has got another URL, starts as if nothing had ever
 * gone wrong. Switching off what the system has switched off already changes nothing: its events are still kept.
 */
export async function changeDestination(
  context: Context,
  owner: Owner,
  id: string,
  input: DestinationInput,
): Promise<{ kind: 'changed' } | { kind: 'unknown' } | Refusal> {
  const { applicationId, keyId } = owner;
  const change = context.database.transaction(async (tx): ReturnType<typeof changeDestination> => {
    if (!(await findDestination(tx, applicationId, id))) return { kind: 'unknown' };
    // Before the destination's own row, as everybody does who locks both.
    const isFreshStart = input.enabled === true || input.url !== undefined;
    const locked = isFreshStart ? await lockHealth(tx, id) : undefined;
    const known = await lockDestination(tx, applicationId, id);
    if (known === undefined) return { kind: 'unknown' };
    const change = readInput(context, input);
    if ('kind' in change) return change;
    const fields = changedFields(known, change);
    const turn = change.enabled === known.enabled ? undefined : change.enabled;
    if (turn !== undefined) change.disabledReason = turn ? null : 'owner';
    await updateDestination(tx, id, change);
    if (turn === true || fields.includes('url')) await saveHealth(tx, id, soundHealth);
    // What it was given up on while nothing but failures came is as much owed as what was held since.
    const failingSince = locked?.health.failingSince ?? null;
    if (turn === true && isOffBySystem(known) && failingSince !== null)
      await holdFailed(tx, id, failingSince);
    if (fields.length > 0) await writeHistory(tx, id, 'changed', keyId, { fields });
    if (turn === true) await writeHistory(tx, id, 'enabled', keyId);
    if (turn === false) await writeHistory(tx, id, 'disabled', keyId, { reason: 'owner' });
    return { kind: 'changed' };
  });
  const result = await change.catch(refuseTakenUrl('url'));
  if (result.kind === 'changed' && input.ordered === false) {
    while ((await endOrder(context.database.db, id, freedAtOnce)) === freedAtOnce);
  }
  return result;
}

/** Turns the error of a transaction that would have given an application the same URL twice into words. */
export function refuseTakenUrl(field: string): (error: unknown) => Refusal {
  return (error) => {
    if (isUrlTaken(error)) return { ...urlTaken, field };
    throw error;
  };
}

/**
 * Deletes a destination; retries that were still to come are dropped. The application's own endpoint only loses its URL,
 * since its secret also signs what goes to callbacks.
 *
 * @returns false when this application has none of that id
 */
export async function removeDestination(context: Context, owner: Owner, id: string): Promise<boolean> {
  return await context.database.transaction(async (tx) => {
    const destination = await lockDestination(tx, owner.applicationId, id);
    if (destination === undefined) return false;
    if (destination.isApplicationEndpoint) {
      await updateDestination(tx, id, { url: null, enabled: true, disabledReason: null });
    } else await deleteDestination(tx, id);
    await writeHistory(tx, id, 'deleted', owner.keyId);
    return true;
  });
}

/** The secret as its owner sees it. */
export function secretOf({ secrets }: Context, destination: Destination): Promise<string> {
  return secrets.open(destination.sealedSecret, destination);
}

/** Names, as the API has them, of what is different after a change; whether it is switched on is told apart from them. */
const fieldNames = {
  label: 'label',
  url: 'url',
  version: 'webhook_version',
  subscribedEvents: 'subscribed_events',
  ordered: 'ordered',
  retrySchedule: 'retry_schedule',
  ratePerSecond: 'rate_per_second',
  maxInFlight: 'max_in_flight',
  asymmetricSignature: 'asymmetric_signature',
} as const;

function changedFields(known: Destination, change: DestinationChange): string[] {
  const keys = Object.keys(fieldNames) as (keyof typeof fieldNames)[];
  const differs = (key: keyof typeof fieldNames) =>
    change[key] !== undefined && !isDeepStrictEqual(change[key], known[key]);
  return keys.filter(differs).map((key) => fieldNames[key]);
}

/** Checks what types cannot say. */
function readInput(context: Context, input: DestinationInput): DestinationChange | Refusal {
  const change: DestinationChange = { ...input };
  if (input.url !== undefined) {
    const endpoint = checkEndpoint(input.url, context.config.addressPolicy);
    if (!endpoint.ok) return { kind: 'refused', field: 'url', reason: endpoint.reason };
    change.url = endpoint.href;
  }
  if (input.subscribedEvents !== undefined) {
    const events = [...new Set(input.subscribedEvents)];
    const known: readonly string[] = webhookEvents;
    const unknown = events.filter((event) => !known.includes(event));
    const refuse = (reason: string): Refusal => ({ kind: 'refused', field: 'subscribed_events', reason });
    if (events.length === 0) return refuse('At least one subscribed event is required.');
    if (unknown.length > 0) return refuse(`Unsupported webhook events: ${unknown.join(', ')}`);
    change.subscribedEvents = events;
  }
  return change;
}

/** Tells whether a key opens the secrets of before there were keyrings; undefined when there are none. */
export async function sealedBefore(db: Kysely<Tables>): Promise<SealedBefore | undefined> {
  const destination = await findAnyDestination(db);
  if (destination === undefined) return undefined;
  return (key) => {
    try {
      return openFormer(key, destination.sealedSecret, destination.id) !== '';
    } catch {
      return false;
    }
  };
}

/**
 * Wrong keys would leave every webhook unsigned: better not to start.
 *
 * @throws Failure `webhook_key_mismatch`
 */
export async function requireMatchingKey(context: Context): Promise<void> {
  const destination = await findAnyDestination(context.database.db);
  if (destination === undefined) return;
  try {
    await secretOf(context, destination);
  } catch (cause) {
    throw new Failure(
      'precondition',
      'webhook_key_mismatch',
      'The data keys in the database do not open its webhook secrets: restore both from the same backup',
      { cause },
    );
  }
}
