import type { Database } from '@selfsame/database/database';
import { Failure } from '@selfsame/runtime/errors';
import {
  findApplicationId,
  listActiveKeys,
  lockApplication,
  revokeKeys,
} from './outbound/application-store.ts';
import type { Tables } from './outbound/tables.ts';

/** Which keys of an application end: one by its id, all that are older than the newest, or none (only look). */
export type RevokedKeys = { readonly keyId: string } | 'all_but_newest' | 'none';

/** What was revoked just now, and which keys still work, newest first. */
export interface KeyRevocation {
  readonly applicationId: string;
  readonly revoked: readonly string[];
  readonly active: readonly { readonly id: string; readonly createdAt: Date }[];
}

/**
 * Revokes API keys. Services remember a key that they have seen for ten seconds, so it may work that long afterwards.
 * @throws Failure `application_unknown`, `key_unknown` (none of this application, or revoked already)
 */
export async function revokeApiKeys(
  database: Database<Tables>,
  slug: string,
  which: RevokedKeys,
): Promise<KeyRevocation> {
  return database.transaction(async (tx) => {
    const applicationId = await findApplicationId(tx, slug);
    if (applicationId === null) {
      throw new Failure('not_found', 'application_unknown', `No application has the slug ${slug}.`);
    }
    // New keys are added under the same lock, so "newest" holds until the end.
    await lockApplication(tx, applicationId);
    const keys = await listActiveKeys(tx, applicationId);
    const ending = keys.filter(({ id }, index) =>
      typeof which === 'object' ? id === which.keyId : which === 'all_but_newest' && index > 0,
    );
    if (typeof which === 'object' && ending.length === 0) {
      throw new Failure('not_found', 'key_unknown', `${slug} has no working key of this id.`);
    }
    const revoked = ending.map(({ id }) => id);
    await revokeKeys(tx, revoked, new Date());
    return { applicationId, revoked, active: keys.filter(({ id }) => !revoked.includes(id)) };
  });
}
