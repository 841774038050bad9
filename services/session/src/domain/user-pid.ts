import { createHmac } from 'node:crypto';

/**
 * The pseudonym of a subject in records that outlive them: the same for all of a subject's sessions in one application, and it
 * says nothing to anybody else. A session without vendor_data has a pseudonym of its own.
 * @param key 32 secret bytes of the deployment
 * @returns 32 hexadecimal digits
 */
export function userPid(
  key: Uint8Array,
  session: { readonly id: string; readonly applicationId: string; readonly vendorData: string | null },
): string {
  const { id, applicationId, vendorData } = session;
  const named = vendorData === null ? ['session', id] : ['subject', vendorData];
  const text = ['user_pid', applicationId, ...named].join('\0');
  return createHmac('sha256', key).update(text).digest('hex').slice(0, 32);
}
