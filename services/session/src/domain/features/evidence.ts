import type { AssessmentEvidence, MatchedRule } from './assessment.ts';
import type { KnownSession } from './known-session.ts';
import type { LivenessMethod } from './liveness-method.ts';

/** The one thing about a frame that the user could have mended. */
export type FaceProblem =
  | 'no_face'
  | 'multiple_faces'
  | 'too_small'
  | 'too_dark'
  | 'too_bright'
  | 'turned_away'
  | 'low_quality'
  | 'blurred'
  | 'covered';

/** One measured trace of how a picture came to be, under its name in the signal catalogue. */
export interface MediaSignal {
  readonly name: string;
  /** In the signal's own unit; a finding that is there or not is 1 or 0. */
  readonly value: number;
  /** Whether the value speaks for an attack. */
  readonly raised: boolean;
}

/** A stored face of the application that looks alike. */
export interface FaceMatch {
  /** A template of another subject, or an entry of a face list. */
  readonly kind: 'subject' | 'blocklist' | 'allowlist';
  /** The session that it comes from; null for a list entry made from a picture. */
  readonly sessionId: string | null;
  readonly listId: string | null;
  readonly entryId: string | null;
  /** 0..100 on the scale of searches. */
  readonly similarity: number;
  /** Filled in from this service's own tables before it is judged; null when nothing is known (any more). */
  readonly session: KnownSession | null;
}

/** What speaks against a challenge. The first two are no sign of an attack. */
export type ChallengeFailure =
  | 'too_few_frames'
  | 'too_much_light'
  | 'colours'
  | 'colour_timing'
  | 'flat_reflection'
  | 'pose'
  | 'pose_order'
  | 'pose_timing'
  | 'flat_motion'
  | 'identity'
  | 'liveness'
  | 'frames'
  /** One that this version does not know. */
  | 'other';

/** How the challenge of an active method was met. */
export interface ChallengeEvidence {
  /** null: one that this version does not know */
  readonly method: 'FLASHING' | 'ACTIVE_3D' | null;
  readonly passed: boolean;
  /** 0..100 */
  readonly score: number;
  /** Gravest first; empty when passed. */
  readonly failures: readonly ChallengeFailure[];
}

/** What one look at a face found. Scores are 0..100; absent ones are null. */
export interface FaceEvidence {
  readonly faceCount: number;
  /** Why the frame cannot carry a verdict; null when it can. */
  readonly problem: FaceProblem | null;
  readonly livenessScore: number | null;
  readonly faceQuality: number | null;
  readonly faceLuminance: number | null;
  readonly match: 'not_asked' | 'compared' | 'no_reference' | null;
  readonly similarityScore: number | null;
  /** Models and calibration behind the scores. */
  readonly pipelineVersion: string;
  /** Names the face that was kept in case the verdict enrols it; null when none was. */
  readonly candidateId: string | null;
  readonly eyesCovered: boolean;
  readonly mouthCovered: boolean;
  readonly mediaSignals: readonly MediaSignal[];
  /** null: the look says nothing about a search, which counts as one that did not happen */
  readonly search: 'not_asked' | 'searched' | 'unavailable' | null;
  /** Best first. */
  readonly searchMatches: readonly FaceMatch[];
  /** Similarity with the face that this one may replace; null when there is none to replace. */
  readonly enrolledSimilarity: number | null;
  /** There is a face on file that this one may replace, but it cannot be compared (any more), as after a revoked key. */
  readonly enrolledUnreadable: boolean;
  /** null for a passive look */
  readonly challenge: ChallengeEvidence | null;
  /** It was compared with a face that another application has granted; absent in looks of before there were any. */
  readonly referenceGranted?: boolean;
  /** Ids of the pictures that were kept, where the application wants that; null or absent: none. */
  readonly images?: { readonly live: string | null; readonly reference: string | null } | null;
}

/** Where the face comes from that a look was compared with. */
export type ReferenceOrigin =
  /** Submitted with the session. */
  | 'portrait'
  /** Enrolled by this application. */
  | 'enrolled'
  /** Enrolled by another application of the organisation. */
  | 'organization'
  /** Enrolled by another application that has shared a session with this one. */
  | 'granted';

/** Everything the checks of a session can rest on; a new source of evidence is a new key here. */
export interface Evidence {
  readonly face: FaceEvidence | null;
  /** What follows from device, network and past; null: nobody could say. Absent where nobody was to be asked. */
  readonly assessment?: AssessmentEvidence | null;
  /** The session has to show what step-up rules ask for: nothing of it is approved without an assessment. */
  readonly isAdaptive?: boolean;
  /** The application's users may be on a blocklist: nothing of it is approved without somebody having looked. */
  readonly hasBlocklists?: boolean;
  /** The strictest rule that has applied to the session; null or absent: none. */
  readonly askedStepUp?: MatchedRule | null;
  /** The address that the application expects its user on. */
  readonly expectedIpAddress?: string | null;
  /** The subject that is being checked; null when the application named none. */
  readonly vendorData?: string | null;
  /** Years; null when they were asked for and could not be estimated. */
  readonly age?: number | null;
  /** Of the challenge that this look has used up; null or absent when none was issued for it. */
  readonly issuedMethod?: LivenessMethod | null;
  /** Of the face that it was compared with; absent where nobody knows. */
  readonly reference?: ReferenceOrigin;
  /** No further look will be granted. */
  readonly attemptsUsedUp?: boolean;
}
