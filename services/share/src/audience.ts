import type { Principal } from '@selfsame/http/authentication';
import { Failure } from '@selfsame/runtime/errors';
import type { Context } from './context.ts';
import { type Refusal, refuseField } from './domain/refusal.ts';

/** How a request names who obtains something: by whatever it is called, or by its id. */
export interface AudienceWanted {
  readonly field: 'audience' | 'for_application_id';
  readonly reference: string;
}

/** Who obtains something. */
export interface Audience {
  readonly applicationId: string;
  readonly slug: string;
  readonly name: string;
}

/** The application that is meant; refused under the field that was used. */
export async function findAudience(
  { session }: Pick<Context, 'session'>,
  principal: Pick<Principal, 'applicationId' | 'environment'>,
  { field, reference }: AudienceWanted,
): Promise<Audience | Refusal> {
  const found = await session.findApplication({ reference }).catch((error: unknown) => {
    if (error instanceof Failure && ['not_found', 'invalid'].includes(error.kind)) return undefined;
    throw error;
  });
  if (!found) return refuseField(field, 'Target application does not exist.');
  if (found.applicationId === principal.applicationId) {
    return refuseField(field, 'Cannot share a session with the same application.');
  }
  if (found.environment !== principal.environment) {
    return refuseField(field, 'A sandbox and a live application cannot share sessions with each other.');
  }
  const { applicationId, slug, name } = found;
  return { applicationId, slug, name };
}
