import { createHmac } from 'node:crypto';
import type { Context } from './context.ts';

/**
 * What stands for a subject in this service's tables: a keyed hash within the application, 32 bytes, by which everything about a
 * person is found when they are erased, and which names nobody. null for a session without vendor_data.
 */
export function subjectHash(
  { keyring }: Pick<Context, 'keyring'>,
  applicationId: string,
  vendorData: string,
): Buffer | null {
  if (vendorData === '') return null;
  return createHmac('sha256', keyring.root).update(`subject\0${applicationId}\0${vendorData}`).digest();
}
