import type { SessionServiceImplementation } from '@selfsame/contracts/session/v1/service';
import { Failure } from '@selfsame/runtime/errors';
import type { Context } from '../context.ts';

/** What the share service asks: proto ↔ use cases. */
export function partnerRpc(
  _context: Context,
): Pick<SessionServiceImplementation, 'findApplication' | 'exportSession' | 'importSession'> {
  const refuse = () => {
    throw new Failure('unavailable', 'not_offered', 'This installation does not share sessions.');
  };
  return { findApplication: refuse, exportSession: refuse, importSession: refuse };
}
