import type { Context } from '../context.ts';
import { findRequiresConsent, saveRequiresConsent } from '../outbound/share-settings-store.ts';
import type { Queries } from '../outbound/tables.ts';

/** How an application shares. */
export interface ShareSettings {
  /** Nothing of a person is shared unless they have agreed. */
  readonly requiresConsent: boolean;
}

/** What the application has set; by default nothing goes without consent. */
export async function shareSettings(db: Queries, applicationId: string): Promise<ShareSettings> {
  return { requiresConsent: (await findRequiresConsent(db, applicationId)) ?? true };
}

/** @param change what is not named stays */
export async function changeShareSettings(
  { database }: Pick<Context, 'database'>,
  applicationId: string,
  change: Partial<ShareSettings>,
): Promise<ShareSettings> {
  if (change.requiresConsent !== undefined) {
    await saveRequiresConsent(database.db, applicationId, change.requiresConsent);
  }
  return await shareSettings(database.db, applicationId);
}
