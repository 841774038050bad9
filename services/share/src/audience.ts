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
  /** As the request has called it; its slug where it was named by its id alone. */
  readonly called: string;
}

/** The application that is meant; refused under the field that was used. */
export async function findAudience(
  { session }: Pick<Context, 'session'>,
  principal: Pick<Principal, 'applicationId' | 'environment'>,
  { field, reference }: AudienceWanted,
): Promise<Audience | Refusal> {
  const found = await findApplication(session, reference);
  if (!found) return refuseField(field, 'Target application does not exist.');
  if (found.applicationId === principal.applicationId) {
    return refuseField(field, 'Cannot share a session with the same application.');
  }
  if (found.environment !== principal.environment) {
    return refuseField(field, 'A sandbox and a live application cannot share sessions with each other.');
  }
  const { applicationId, slug, name } = found;
  return { applicationId, slug, name, called: field === 'audience' ? reference : slug };
}

/** Whom a list is filtered by: as an application calls it, and the id behind that, as far as there is one. */
interface AudienceFilter {
  readonly called: string;
  readonly applicationId: string | undefined;
}

/** Reads a filter, which takes whatever a request that shares takes: id, slug or name. */
export async function audienceFilter(
  { session }: Pick<Context, 'session'>,
  called: string | undefined,
): Promise<AudienceFilter | undefined> {
  if (called === undefined) return undefined;
  if (uuidForm.test(called)) return { called, applicationId: called.toLowerCase() };
  return { called, applicationId: (await findApplication(session, called))?.applicationId };
}

const uuidForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** undefined when nobody is called so. */
async function findApplication(session: Context['session'], reference: string) {
  return await session.findApplication({ reference }).catch((error: unknown) => {
    if (error instanceof Failure && ['not_found', 'invalid'].includes(error.kind)) return undefined;
    throw error;
  });
}
