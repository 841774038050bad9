import type { FaceEvidence, FaceMatch } from './evidence.ts';
import type { Finding, ReportedMatch } from './feature.ts';
import { actionSeverity, readScore } from './feature.ts';
import type { KnownSession } from './known-session.ts';
import type { SettingsOf } from './settings.ts';
import { action, bands, flag } from './settings.ts';

/** Settings of the search that runs with a look: who else of the application looks like this person? */
export const searchSettings = {
  face_search_enabled: flag(true),
  // On the scale of searches: 62 is one false match in a hundred thousand comparisons, 68 lies near genuine pairs.
  race_map_similarity_thresholds: bands({ possible: 62, high: 68 }),
  // One person may have two accounts for good reasons, so whoever minds has to say so.
  face_liveness_duplicated_face_action: action('NO_ACTION'),
  face_liveness_possible_duplicated_face_action: action('NO_ACTION'),
  // For duplicates whose documents tell of two persons. No session has document data yet: there is nothing to differ.
  face_liveness_duplicated_face_document_mismatch_action: action('NO_ACTION'),
  face_liveness_duplicated_face_name_mismatch_action: action('NO_ACTION'),
  face_liveness_possible_face_in_blocklist_action: action('REVIEW'),
} as const;

/** Every risk of the search: [short, long] description. */
export const searchRisks = {
  FACE_IN_BLOCKLIST: ['Face in blocklist', 'The face is one of those that the application has blocked.'],
  POSSIBLE_FACE_IN_BLOCKLIST: [
    'Possible face in blocklist',
    'The face resembles one that the application has blocked.',
  ],
  DUPLICATED_FACE: ['Duplicated face', 'Another user of the application has this face.'],
  POSSIBLE_DUPLICATED_FACE: [
    'Possible duplicated face',
    'Another user of the application has a face that resembles this one.',
  ],
  FACE_SEARCH_UNAVAILABLE: [
    'Face search unavailable',
    'Whether the face is blocked or belongs to another user could not be looked up, so a person has to decide.',
  ],
} as const;

type SearchSettings = SettingsOf<typeof searchSettings>;

/**
 * What the search says about this person. Blocked faces always decline. Other users count as duplicates when the
 * application has named this one, unless the face is on an allowlist. A search that should have run and did not is a
 * warning: a look whose frame is usable is never approved without it.
 * @param isUsable the frame is good enough that a search had something to search for
 * @param vendorData the user who is being checked; null when the application named none
 */
export function searchFindings(
  config: SearchSettings,
  face: FaceEvidence,
  isUsable: boolean,
  vendorData: string | null,
): Finding[] {
  if (!config.face_search_enabled) return [];
  const found: Finding[] = [];
  if (isUsable && face.search !== 'searched') {
    found.push({ risk: 'FACE_SEARCH_UNAVAILABLE', severity: 'warning' });
  }
  const { possible, high } = config.race_map_similarity_thresholds;
  const best = (from: number, isWanted: (match: FaceMatch) => boolean) =>
    face.searchMatches.filter((match) => match.similarity >= from && isWanted(match)).sort(bySimilarity)[0];
  const isBlocked = (match: FaceMatch) => match.kind === 'blocklist';
  const blocked = best(high, isBlocked);
  const maybeBlocked = best(possible, isBlocked);
  if (blocked) {
    found.push({ risk: 'FACE_IN_BLOCKLIST', severity: 'error', ...dataOf('blocklisted', blocked) });
  } else if (maybeBlocked) {
    const severity = actionSeverity(config.face_liveness_possible_face_in_blocklist_action);
    const data = dataOf('blocklisted', maybeBlocked);
    found.push({ risk: 'POSSIBLE_FACE_IN_BLOCKLIST', severity, ...data });
  }
  if (best(high, (match) => match.kind === 'allowlist')) return found;
  const isDouble = (match: FaceMatch) => isAnotherUser(match, vendorData);
  const double = best(high, isDouble);
  const maybeDouble = best(possible, isDouble);
  if (double) {
    const severity = actionSeverity(config.face_liveness_duplicated_face_action);
    found.push({ risk: 'DUPLICATED_FACE', severity, ...dataOf('duplicated', double) });
  } else if (maybeDouble) {
    const severity = actionSeverity(config.face_liveness_possible_duplicated_face_action);
    found.push({ risk: 'POSSIBLE_DUPLICATED_FACE', severity, ...dataOf('duplicated', maybeDouble) });
  }
  return found;
}

/**
 * Whether a match is a user with another vendor_data. Without one of our own there is nobody to be different from; a
 * session that is deleted does not name its user any more, but its template was another subject's.
 */
function isAnotherUser(match: FaceMatch, vendorData: string | null): boolean {
  if (match.kind !== 'subject' || vendorData === null) return false;
  if (match.session === null) return true;
  return match.session.vendorData !== null && match.session.vendorData !== vendorData;
}

function dataOf(relation: 'duplicated' | 'blocklisted', match: FaceMatch): Pick<Finding, 'additionalData'> {
  return {
    additionalData: {
      [`${relation}_session_id`]: match.sessionId,
      [`${relation}_session_number`]: match.session?.number ?? null,
      api_service: match.session?.apiService ?? null,
    },
  };
}

/** The matches that are worth showing: from the lower band on, listed faces first, best first. */
export function reportedMatches(config: SearchSettings, face: FaceEvidence): ReportedMatch[] {
  if (!config.face_search_enabled) return [];
  const { possible } = config.race_map_similarity_thresholds;
  const isListed = (match: FaceMatch) => Number(match.kind !== 'subject');
  return face.searchMatches
    .filter((match) => match.similarity >= possible)
    .sort((a, b) => isListed(b) - isListed(a) || bySimilarity(a, b))
    .slice(0, 5)
    .map((match) => ({
      session_id: match.sessionId,
      session_number: match.session?.number ?? null,
      similarity_percentage: readScore(match.similarity) ?? 0,
      is_blocklisted: match.kind === 'blocklist',
      is_allowlisted: match.kind === 'allowlist',
      source: match.kind === 'subject' ? 'session' : 'list_entry',
    }));
}

/** A match as `matches[]` shows it. @param known what is known now of the session it names, if anything */
export function matchView(match: ReportedMatch, known: KnownSession | undefined): Record<string, unknown> {
  return {
    session_id: match.session_id,
    session_number: match.session_number,
    similarity_percentage: match.similarity_percentage,
    vendor_data: known?.vendorData ?? null,
    verification_date: known?.verifiedAt.toISOString() ?? null,
    // No session has document data, and no picture is kept.
    user_details: null,
    match_image_url: null,
    status: known?.status ?? null,
    is_blocklisted: match.is_blocklisted,
    is_allowlisted: match.is_allowlisted,
    api_service: known?.apiService ?? null,
    source: match.source,
  };
}

function bySimilarity(a: FaceMatch, b: FaceMatch): number {
  return b.similarity - a.similarity;
}
