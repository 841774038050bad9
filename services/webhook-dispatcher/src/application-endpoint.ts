import { randomUUIDv7 } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Context } from './context.ts';
import { defaultTerms, type Owner, type Refusal, refuseTakenUrl, secretOf } from './destinations.ts';
import { statusUpdated, type WebhookVersion } from './domain/body.ts';
import type { Destination } from './domain/delivery.ts';
import { checkEndpoint } from './domain/endpoint.ts';
import { soundHealth } from './domain/health.ts';
import { type ApplicationSettings, readSettingsOf, saveSettingsOf } from './outbound/application-store.ts';
import {
  type DestinationChange,
  findApplicationEndpoint,
  insertDestination,
  updateDestination,
} from './outbound/destination-store.ts';
import { lockHealth, saveHealth } from './outbound/health-store.ts';
import { writeHistory } from './outbound/history-store.ts';
import { newSecret } from './outbound/secrets.ts';
import type { Tables } from './outbound/tables.ts';
import { defaultOverlapSeconds, rotation } from './rotation.ts';

/** The application's own endpoint, its secret and settings (`/v3/webhook/`). */
export interface ApplicationEndpoint {
  readonly url: string | null;
  readonly version: WebhookVersion;
  readonly secret: string;
  readonly settings: ApplicationSettings;
}

/** What an owner says about the application's own endpoint. */
export interface EndpointInput {
  /** Null or empty takes it away. */
  url?: string | null;
  version?: WebhookVersion;
  rotateSecret?: boolean;
  settings: Partial<ApplicationSettings>;
}

/** The application's own endpoint, made with a new secret and without a URL when there is none yet. */
export async function ensureApplicationEndpoint(
  context: Context,
  tx: Kysely<Tables>,
  applicationId: string,
): Promise<Destination> {
  const known = await findApplicationEndpoint(tx, applicationId);
  if (known !== undefined) return known;
  const id = randomUUIDv7();
  const isNew = await insertDestination(tx, {
    ...defaultTerms(context),
    id,
    applicationId,
    isApplicationEndpoint: true,
    label: 'Application webhook',
    url: null,
    enabled: true,
    version: 'v3',
    subscribedEvents: [statusUpdated, 'data.updated'],
    sealedSecret: context.secrets.seal(newSecret(), { applicationId, id }),
  });
  if (isNew) await writeHistory(tx, id, 'created', 'system');
  // Somebody else may have been first.
  const made = await findApplicationEndpoint(tx, applicationId);
  if (made === undefined) throw new Error('the application endpoint is gone right after it was made');
  return made;
}

/** Reads the application's own endpoint and settings. */
export async function readApplicationEndpoint(
  context: Context,
  applicationId: string,
): Promise<ApplicationEndpoint> {
  const { db } = context.database;
  const destination =
    (await findApplicationEndpoint(db, applicationId)) ??
    (await context.database.transaction((tx) => ensureApplicationEndpoint(context, tx, applicationId)));
  return {
    url: destination.url,
    version: destination.version,
    secret: await secretOf(context, destination),
    settings: await readSettingsOf(db, applicationId),
  };
}

/** Changes the application's own endpoint and settings. A URL that is given is also switched on. */
export async function changeApplicationEndpoint(
  context: Context,
  owner: Owner,
  input: EndpointInput,
): Promise<{ kind: 'changed' } | Refusal> {
  const change = readInput(context, input);
  if ('kind' in change) return change;
  const { applicationId, keyId } = owner;
  const done = context.database.transaction(async (tx): Promise<{ kind: 'changed' }> => {
    const { id } = await ensureApplicationEndpoint(context, tx, applicationId);
    if (change.url !== undefined) await lockHealth(tx, id);
    const known = await findApplicationEndpoint(tx, applicationId, { lock: true });
    if (known === undefined) throw new Error('an application endpoint is never deleted');
    if (input.rotateSecret) Object.assign(change, rotation(context, known, defaultOverlapSeconds));
    await updateDestination(tx, id, change);
    if (change.url !== undefined) await saveHealth(tx, id, soundHealth);
    await saveSettingsOf(tx, applicationId, input.settings);
    const fields = [
      ...(change.url === undefined || change.url === known.url ? [] : ['url']),
      ...(change.version === undefined || change.version === known.version ? [] : ['webhook_version']),
    ];
    if (fields.length > 0) await writeHistory(tx, id, 'changed', keyId, { fields });
    if (!known.enabled && change.enabled) await writeHistory(tx, id, 'enabled', keyId);
    if (input.rotateSecret) {
      const overlap_seconds = defaultOverlapSeconds;
      await writeHistory(tx, id, 'secret_rotated', keyId, { overlap_seconds });
    }
    return { kind: 'changed' };
  });
  return await done.catch(refuseTakenUrl('webhook_url'));
}

function readInput(context: Context, { url, version }: EndpointInput): DestinationChange | Refusal {
  const change: DestinationChange = version === undefined ? {} : { version };
  if (url === undefined) return change;
  // Without a URL it still signs what goes to callbacks: it must be on.
  if (url === null || url === '') return { ...change, url: null, enabled: true, disabledReason: null };
  const endpoint = checkEndpoint(url, context.config.addressPolicy);
  if (!endpoint.ok) return { kind: 'refused', field: 'webhook_url', reason: endpoint.reason };
  return { ...change, url: endpoint.href, enabled: true, disabledReason: null };
}
