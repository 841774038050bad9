import { randomBytes } from 'node:crypto';
import { templateForgotten } from '@selfsame/contracts/catalog';
import { Failure } from '@selfsame/runtime/errors';
import { sql } from 'kysely';
import type { Context } from './context.ts';
import type { TemplateKey } from './domain/template.ts';
import { dropGrantsUnder } from './outbound/grant-store.ts';
import {
  addActiveKey,
  eraseKey,
  eraseRevokedTemplates,
  findKey,
  findUsableKeys,
  holdKey,
  type KeyUse,
  listKeyUse,
  retireActiveKey,
} from './outbound/key-store.ts';
import type { Tables } from './outbound/tables.ts';
import { countListEntries, dropListEntriesUnder } from './search/list-store.ts';

const SALT_BYTES = 32;
/** A version that was revoked a moment ago gives way to the next one. */
const HOLD_ATTEMPTS = 3;
const ERASE_BATCH = 500;
const ERASE_BATCHES_MAX = 10_000;

/**
 * The versions under which templates of an application compare, the active one first; none before its first face. Read
 * them for every look: a version that was revoked a moment ago is not among them.
 */
export function usableKeys(db: Tables, applicationId: string): Promise<TemplateKey[]> {
  return findUsableKeys(db, applicationId);
}

/** The version that protects what is new; the first one is made with an application's first face. */
export async function activeKey(db: Tables, applicationId: string): Promise<TemplateKey> {
  const [first] = await findUsableKeys(db, applicationId);
  if (first?.state === 'active') return first;
  await addActiveKey(db, applicationId, randomBytes(SALT_BYTES));
  const [made] = await findUsableKeys(db, applicationId);
  if (made?.state !== 'active') throw new Error('an application without an active template key');
  return made;
}

/**
 * The version that protects what is new, for a transaction that writes: it is not revoked before the transaction ends.
 * @throws Failure `template_keys_changing` when versions come and go meanwhile
 */
export async function holdActiveKey(tx: Tables, applicationId: string): Promise<TemplateKey> {
  for (let attempt = 0; attempt < HOLD_ATTEMPTS; attempt += 1) {
    const key = await activeKey(tx, applicationId);
    if (await holdKey(tx, key)) return key;
  }
  throw new Failure(
    'unavailable',
    'template_keys_changing',
    'The template keys are being changed. Try again.',
  );
}

/** Every version of an application with what is under it. @throws Failure `no_template_keys` */
export async function listTemplateKeys(
  { database }: Pick<Context, 'database'>,
  applicationId: string,
): Promise<KeyUse[]> {
  const keys = await listKeyUse(database.db, applicationId);
  if (keys.length === 0) throw noKeys(applicationId);
  return keys;
}

/**
 * Makes a new version the active one. The former goes on comparing until each subject's next approved look.
 * @throws Failure `no_template_keys`
 */
export function rotateTemplateKey(
  { database }: Pick<Context, 'database'>,
  applicationId: string,
): Promise<{ active: number; retiring: number }> {
  return database.transaction(async (tx) => {
    await holdKeys(tx, applicationId);
    const retiring = await retireActiveKey(tx, applicationId);
    if (retiring === undefined) throw noKeys(applicationId);
    const { version } = await activeKey(tx, applicationId);
    return { active: version, retiring };
  });
}

/** A version to be revoked; `dropListEntries`: even when faces on lists are under it, which are lost with it. */
export interface Revocation extends Pick<TemplateKey, 'applicationId' | 'version'> {
  readonly dropListEntries?: boolean;
}

/**
 * Revokes a version: from the commit on nothing under it compares on any replica, and nobody can derive its keys again.
 * What lay under it is taken out of the table right after. Revoking the active version makes a new one.
 * @throws Failure `no_template_keys`, `unknown_key_version`, `list_entries_under_key`
 */
export async function revokeTemplateKey(
  { database, bus }: Pick<Context, 'database' | 'bus'>,
  { applicationId, version, dropListEntries = false }: Revocation,
): Promise<{ active: number; erased: number }> {
  const active = await database.transaction(async (tx) => {
    await holdKeys(tx, applicationId);
    if ((await findKey(tx, applicationId, version)) === undefined) {
      throw await unknownVersion(tx, applicationId, version);
    }
    // First of all, so that whoever is writing under the version is waited for, and nobody begins to.
    const erased = await eraseKey(tx, applicationId, version);
    await dropGrantsUnder(tx, applicationId, version);
    if (dropListEntries) await dropListEntriesUnder(tx, applicationId, version);
    else await requireNoListEntries(tx, applicationId, version);
    if (erased) await bus.enqueue(tx, templateForgotten, { applicationId, occurredAt: new Date() });
    return (await activeKey(tx, applicationId)).version;
  });
  return { active, erased: await eraseRevoked({ database }) };
}

/** Takes out of the table what lies under revoked versions. @returns how many templates */
export async function eraseRevoked({ database }: Pick<Context, 'database'>): Promise<number> {
  let total = 0;
  for (let batch = 0; batch < ERASE_BATCHES_MAX; batch += 1) {
    const erased = await eraseRevokedTemplates(database.db, ERASE_BATCH);
    total += erased;
    if (erased < ERASE_BATCH) break;
  }
  return total;
}

/** Faces on lists would drop off them, and whoever is blocked would pass: that has to be wanted. */
async function requireNoListEntries(db: Tables, applicationId: string, version: number): Promise<void> {
  const entries = await countListEntries(db, applicationId, version);
  if (entries === 0) return;
  throw new Failure(
    'precondition',
    'list_entries_under_key',
    `${entries} faces on lists of application ${applicationId} are under key version ${version}: rotate, wait a minute ` +
      'until `list` shows none (the service carries them over), then revoke; or give --drop-list-entries to lose them',
  );
}

/** One change of an application's versions at a time. */
async function holdKeys(db: Tables, applicationId: string): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtext('template keys'), hashtext(${applicationId}))`.execute(db);
}

function noKeys(applicationId: string): Failure {
  return new Failure(
    'not_found',
    'no_template_keys',
    `application ${applicationId} has no template keys: its first face makes one`,
  );
}

async function unknownVersion(db: Tables, applicationId: string, version: number): Promise<Failure> {
  const known = (await listKeyUse(db, applicationId)).map((key) => key.version);
  if (known.length === 0) return noKeys(applicationId);
  return new Failure(
    'not_found',
    'unknown_key_version',
    `application ${applicationId} has no key version ${version}; it has ${known.join(', ')}`,
  );
}
