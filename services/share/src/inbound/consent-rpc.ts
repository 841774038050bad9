import type { ShareServiceImplementation } from '@selfsame/contracts/share/v1/service';
import type { Context } from '../context.ts';

/** What the hosted page asks about consents. */
export function consentRpc(_context: Context): ShareServiceImplementation {
  throw new Error('consents come next');
}
