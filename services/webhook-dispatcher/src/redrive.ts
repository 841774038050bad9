import type { Context } from './context.ts';
import type { Owner } from './destinations.ts';
import { findDestination } from './outbound/destination-store.ts';
import { requeueFailed } from './outbound/redrive-store.ts';
import { databaseTime } from './outbound/time.ts';

/** How many failed deliveries one call takes up; what is left is taken up by the next call. */
export const maxResent = 50_000;
/** Small, so that no row is locked for long. */
const batch = 1_000;

/** How many deliveries go out again, or why none do. */
export type RedriveResult =
  | { readonly kind: 'resent'; readonly count: number }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'disabled' };

/**
 * Lets a destination's deliveries whose retries have run out start anew, the oldest first: same event ids, the whole
 * schedule before them. An ordered destination gets a session's events in their order, behind what it got meanwhile.
 */
export async function resendFailed(
  { database, log }: Context,
  { applicationId }: Owner,
  id: string,
  since: Date,
): Promise<RedriveResult> {
  const destination = await findDestination(database.db, applicationId, id);
  if (destination === undefined) return { kind: 'unknown' };
  if (!destination.enabled) return { kind: 'disabled' };
  const startedAt = await databaseTime(database.db);
  let count = 0;
  let found = batch;
  while (found === batch && count < maxResent) {
    found = await requeueFailed(database.db, id, { since, startedAt, limit: batch });
    count += found;
  }
  log.info({ destination_id: id, count }, 'failed webhooks are sent again');
  return { kind: 'resent', count };
}
