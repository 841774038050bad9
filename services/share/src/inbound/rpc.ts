import type { ShareServiceImplementation } from '@selfsame/contracts/share/v1/service';
import type { Context } from '../context.ts';
import { consentRpc } from './consent-rpc.ts';

/** The gRPC side: proto ↔ use cases. */
export function shareRpc(context: Context): ShareServiceImplementation {
  return { ...consentRpc(context) };
}
