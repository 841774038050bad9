import type { ExportSessionResponse } from '@selfsame/contracts/session/v1/service';
import { Failure } from '@selfsame/runtime/errors';
import type { Context } from './context.ts';
import { notFound, type Refusal, refuseDetail } from './domain/refusal.ts';
import type { Scope } from './domain/scope.ts';

/** What of a finished session may leave it, or why nothing may: the same for what is shared and what is asked of the person. */
export async function exportSession(
  { session }: Pick<Context, 'session'>,
  wanted: { readonly applicationId: string; readonly sessionId: string; readonly scope: Scope },
): Promise<ExportSessionResponse | Refusal> {
  try {
    return await session.exportSession(wanted);
  } catch (error) {
    const refusal = error instanceof Failure && refusalOf(error);
    if (refusal) return refusal;
    throw error;
  }
}

function refusalOf(failure: Failure): Refusal | undefined {
  if (failure.kind === 'not_found') return notFound;
  if (failure.code === 'session_unfinished') {
    return refuseDetail(400, ['Only finished sessions ("Approved", "Declined", "In Review") can be shared.']);
  }
  if (failure.code === 'session_imported') {
    return refuseDetail(400, 'A session that another application has shared cannot be shared again.');
  }
  return failure.kind === 'precondition' ? refuseDetail(400, failure.message) : undefined;
}
