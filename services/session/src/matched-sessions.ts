import type { AssessmentEvidence } from './domain/features/assessment.ts';
import type { FaceEvidence } from './domain/features/evidence.ts';
import type { FeatureReport } from './domain/features/feature.ts';
import type { KnownSession } from './domain/features/known-session.ts';
import { isUuid } from './domain/ids.ts';
import { findKnownSessions } from './outbound/known-sessions.ts';
import type { Queries } from './outbound/tables.ts';

/** The same evidence, each of its matches with what this service knows of the session behind it. */
export async function withKnownSessions(
  db: Queries,
  applicationId: string,
  face: FaceEvidence,
): Promise<FaceEvidence> {
  if (face.searchMatches.length === 0) return face;
  const ids = face.searchMatches.map((match) => match.sessionId);
  const known = await findKnownSessions(db, applicationId, uuids(ids));
  const searchMatches = face.searchMatches.map((match) => ({
    ...match,
    session: known.get(match.sessionId ?? '') ?? null,
  }));
  return { ...face, searchMatches };
}

/** The same assessment, each session on the same device or address with what this service knows of it. */
export async function withKnownVisits(
  db: Queries,
  applicationId: string,
  assessment: AssessmentEvidence,
): Promise<AssessmentEvidence> {
  if (assessment.matches.length === 0) return assessment;
  const ids = assessment.matches.map((match) => match.sessionId);
  const known = await findKnownSessions(db, applicationId, uuids(ids));
  const matches = assessment.matches.map((match) => ({
    ...match,
    session: known.get(match.sessionId) ?? null,
  }));
  return { ...assessment, matches };
}

/** What is known now of the sessions that the matches of these reports name. */
export async function sessionsOfMatches(
  db: Queries,
  applicationId: string,
  reports: readonly FeatureReport[] | null,
): Promise<Map<string, KnownSession>> {
  const ids = (reports ?? []).flatMap(({ matches = [], visit }) =>
    [...matches, ...(visit?.matches ?? [])].map((match) => match.session_id),
  );
  return findKnownSessions(db, applicationId, uuids(ids));
}

function uuids(ids: readonly (string | null)[]): string[] {
  return [...new Set(ids.filter((id) => id !== null))].filter(isUuid);
}
