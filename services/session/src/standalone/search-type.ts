import type { FaceEvidence } from '../domain/features/evidence.ts';

/** The same evidence with no other matches than faces of lists and those of sessions that are approved now. */
export function onlyListedOrApproved(face: FaceEvidence): FaceEvidence {
  const searchMatches = face.searchMatches.filter(
    ({ kind, session }) => kind !== 'subject' || session?.status === 'Approved',
  );
  return { ...face, searchMatches };
}
