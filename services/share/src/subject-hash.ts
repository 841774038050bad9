import type { Context } from './context.ts';
import { keyed } from './domain/keyed.ts';

/**
 * What stands for a subject in this service's tables: a keyed hash within the application, 32 bytes, by which everything about a
 * person is found when they are erased, and which names nobody. null for a session without vendor_data.
 */
export function subjectHash(
  { keyring }: Pick<Context, 'keyring'>,
  applicationId: string,
  vendorData: string,
): Buffer | null {
  return vendorData === '' ? null : keyed(keyring.root, 'subject', applicationId, vendorData);
}
