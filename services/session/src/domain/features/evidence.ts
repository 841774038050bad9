/** The one thing about a frame that the user could have mended. */
export type FaceProblem =
  | 'no_face'
  | 'multiple_faces'
  | 'too_small'
  | 'too_dark'
  | 'too_bright'
  | 'turned_away'
  | 'low_quality';

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
}

/** Everything the checks of a session can rest on; a new source of evidence is a new key here. */
export interface Evidence {
  readonly face: FaceEvidence | null;
}
