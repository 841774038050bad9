import { randomUUIDv7 } from 'node:crypto';
import { Failure } from '@selfsame/runtime/errors';
import type { Kysely } from 'kysely';
import type { Context } from './context.ts';
import { statusUpdated, type WebhookVersion, webhookEvents } from './domain/body.ts';
import type { Destination, DestinationSummary } from './domain/delivery.ts';
import { checkEndpoint } from './domain/endpoint.ts';
import {
  type ApplicationSettings,
  type DestinationChange,
  deleteDestination,
  findAnyDestination,
  findApplicationEndpoint,
  findDestination,
  insertDestination,
  listDestinations,
  readSettingsOf,
  saveSettingsOf,
  summarise,
  updateDestination,
} from './outbound/destination-store.ts';
import { newSecret } from './outbound/secrets.ts';
import type { Tables } from './outbound/tables.ts';

/** A destination as its owner sees it. */
export interface OwnedDestination {
  readonly destination: Destination;
  readonly summary: DestinationSummary;
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
}

/** The application's own endpoint, its secret and settings (`/v3/webhook/`). */
export interface ApplicationEndpoint {
  readonly url: string | null;
  readonly version: WebhookVersion;
  readonly secret: string;
  readonly settings: ApplicationSettings;
}

const noAttempts: DestinationSummary = {
  total: 0,
  failed: 0,
  minResponseTimeMs: null,
  averageResponseTimeMs: null,
  maxResponseTimeMs: null,
  lastAt: null,
};

/** How a new destination is served unless its owner says otherwise. */
function defaultTerms({ config }: Context) {
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

const urlTaken: Refusal = {
  kind: 'refused',
  field: 'url',
  reason: 'This webhook destination already exists for the application.',
};

/** All destinations of an application, oldest first. */
export async function listOwned({ database }: Context, applicationId: string): Promise<OwnedDestination[]> {
  const destinations = await listDestinations(database.db, applicationId);
  const summaries = await summarise(
    database.db,
    destinations.map(({ id }) => id),
  );
  return destinations.map((destination) => ({
    destination,
    summary: summaries.get(destination.id) ?? noAttempts,
  }));
}

/** One destination with its figures, or undefined when this application has none of that id. */
export async function findOwned(
  { database }: Context,
  applicationId: string,
  id: string,
): Promise<OwnedDestination | undefined> {
  const destination = await findDestination(database.db, applicationId, id);
  if (destination === undefined) return undefined;
  const summaries = await summarise(database.db, [id]);
  return { destination, summary: summaries.get(id) ?? noAttempts };
}

/** Creates a destination with a new secret. */
export async function createDestination(
  context: Context,
  applicationId: string,
  input: Required<DestinationInput>,
): Promise<{ kind: 'created'; id: string } | Refusal> {
  const change = readInput(context, input);
  if ('kind' in change) return change;
  const { label = '', url = null, enabled = true, version = 'v3', subscribedEvents = [] } = change;
  const id = randomUUIDv7();
  const isNew = await insertDestination(context.database.db, {
    ...defaultTerms(context),
    id,
    applicationId,
    isApplicationEndpoint: false,
    label,
    url,
    enabled,
    version,
    subscribedEvents,
    sealedSecret: context.secrets.seal(newSecret(), id),
  });
  return isNew ? { kind: 'created', id } : urlTaken;
}

/** Changes what the input names. */
export async function changeDestination(
  context: Context,
  applicationId: string,
  id: string,
  input: DestinationInput,
): Promise<{ kind: 'changed' } | { kind: 'unknown' } | Refusal> {
  if (!(await findDestination(context.database.db, applicationId, id))) return { kind: 'unknown' };
  const change = readInput(context, input);
  if ('kind' in change) return change;
  const isFree = await updateDestination(context.database.db, id, change);
  return isFree ? { kind: 'changed' } : urlTaken;
}

/**
 * Deletes a destination; retries that were still to come are dropped. The application's own endpoint only loses its URL,
 * since its secret also signs what goes to callbacks.
 *
 * @returns false when this application has none of that id
 */
export async function removeDestination(
  { database }: Context,
  applicationId: string,
  id: string,
): Promise<boolean> {
  const destination = await findDestination(database.db, applicationId, id);
  if (destination === undefined) return false;
  if (destination.isApplicationEndpoint) {
    await updateDestination(database.db, id, { url: null, enabled: true });
  } else await deleteDestination(database.db, id);
  return true;
}

/** The secret as its owner sees it. */
export function secretOf({ secrets }: Context, destination: Destination): string {
  return secrets.open(destination.sealedSecret, destination.id);
}

/** The application's own endpoint, made with a new secret and without a URL when there is none yet. */
export async function ensureApplicationEndpoint(
  context: Context,
  db: Kysely<Tables>,
  applicationId: string,
): Promise<Destination> {
  const known = await findApplicationEndpoint(db, applicationId);
  if (known !== undefined) return known;
  const id = randomUUIDv7();
  await insertDestination(db, {
    ...defaultTerms(context),
    id,
    applicationId,
    isApplicationEndpoint: true,
    label: 'Application webhook',
    url: null,
    enabled: true,
    version: 'v3',
    subscribedEvents: [statusUpdated, 'data.updated'],
    sealedSecret: context.secrets.seal(newSecret(), id),
  });
  // Somebody else may have been first.
  const made = await findApplicationEndpoint(db, applicationId);
  if (made === undefined) throw new Error('the application endpoint is gone right after it was made');
  return made;
}

/** Reads the application's own endpoint and settings. */
export async function readApplicationEndpoint(
  context: Context,
  applicationId: string,
): Promise<ApplicationEndpoint> {
  const { db } = context.database;
  const destination = await ensureApplicationEndpoint(context, db, applicationId);
  return {
    url: destination.url,
    version: destination.version,
    secret: secretOf(context, destination),
    settings: await readSettingsOf(db, applicationId),
  };
}

/** Changes the application's own endpoint; `url` null takes it away, `rotateSecret` replaces the secret at once. */
export async function changeApplicationEndpoint(
  context: Context,
  applicationId: string,
  input: {
    url?: string | null;
    version?: WebhookVersion;
    rotateSecret?: boolean;
    settings: Partial<ApplicationSettings>;
  },
): Promise<{ kind: 'changed' } | Refusal> {
  const { url, version, rotateSecret = false, settings } = input;
  const change: DestinationChange = version === undefined ? {} : { version };
  if (url === null || url === '') change.url = null;
  else if (url !== undefined) {
    const endpoint = checkEndpoint(url, context.config.addressPolicy);
    if (!endpoint.ok) return { kind: 'refused', field: 'webhook_url', reason: endpoint.reason };
    Object.assign(change, { url: endpoint.href, enabled: true });
  }
  return await context.database.transaction(async (tx) => {
    const { id } = await ensureApplicationEndpoint(context, tx, applicationId);
    if (rotateSecret) change.sealedSecret = context.secrets.seal(newSecret(), id);
    if (!(await updateDestination(tx, id, change))) return { ...urlTaken, field: 'webhook_url' };
    await saveSettingsOf(tx, applicationId, settings);
    return { kind: 'changed' };
  });
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

/**
 * A wrong key would leave every webhook unsigned: better not to start.
 *
 * @throws Failure `webhook_key_mismatch`
 */
export async function requireMatchingKey(context: Context): Promise<void> {
  const destination = await findAnyDestination(context.database.db);
  if (destination === undefined) return;
  try {
    secretOf(context, destination);
  } catch (cause) {
    throw new Failure(
      'precondition',
      'webhook_key_mismatch',
      'WEBHOOK_SECRET_KEY does not open the webhook secrets in the database: set the key that sealed them',
      { cause },
    );
  }
}
