import type { Context } from '../context.ts';
import { subjectName } from '../domain/subject-name.ts';
import type { Searched, SearchScope } from './face-search.ts';

/** Of a look: whose face it is, as the application says, and what it is searched for among. */
export interface SearchingLook {
  readonly applicationId: string;
  /** Empty when the look belongs to no session. */
  readonly sessionId: string;
  /** Empty when the session has none. */
  readonly vendorData: string;
  readonly search: SearchScope;
}

/**
 * Searches for the face of a look. Never throws: a search that fails is evidence of its own, and takes nothing away from
 * the look.
 * @param subject of the look; undefined without a face
 */
export function searchFor(
  { faces, vault }: Pick<Context, 'faces' | 'vault'>,
  { applicationId, search, ...session }: SearchingLook,
  subject: { readonly embedding: Float32Array } | undefined,
): Promise<Searched> {
  const own = vault.subjectOf(applicationId, subjectName(session));
  return faces.search({ applicationId, subject: own }, subject?.embedding, search);
}
