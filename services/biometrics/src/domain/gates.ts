/** The one thing about a frame that a user can mend. */
export type FaceProblem =
  | 'no_face'
  | 'multiple_faces'
  | 'too_small'
  | 'too_dark'
  | 'too_bright'
  | 'turned_away'
  | 'blurred'
  | 'covered'
  | 'low_quality';

/** One measured trace of a picture, under its name in the signal catalogue. */
export interface MediaSignal {
  readonly name: string;
  readonly value: number;
  /** Whether it speaks for an attack or, of what covers a face, whether it is there. */
  readonly raised: boolean;
}

/** The facts of a look that the gates judge: a look of the pipeline has this shape. */
export interface FaceFacts {
  /** The largest first; widths in pixels of the working picture, scores 0.6..1 of the detector. */
  readonly faces: readonly { readonly box: { readonly width: number }; readonly score: number }[];
  /** Mean luma 0..1 of the largest face. */
  readonly luma: number;
  /** Of the largest face; degrees, and 0..1 of the quality model. */
  readonly subject?: {
    readonly quality: number;
    readonly landmarks: { readonly pose: { readonly yaw: number; readonly pitch: number } };
    /** Of it the gates read sharpness and what covers the face; nothing is asked of what was not measured. */
    readonly media?: readonly MediaSignal[];
  };
}

/** What is asked of a picture. */
export interface Gates {
  /** Below it the embedder's crop is the face enlarged three times; pictures of 48 px still match (0.58 to 0.71). */
  readonly faceWidthMin: number;
  /** Ordinary faces of every skin tone measured 0.27 to 0.65, a frame exposed to a tenth 0.05. */
  readonly lumaMin: number;
  readonly lumaMax: number;
  /** Degrees to either side. */
  readonly yawMax: number;
  /** Degrees up or down from PITCH_FRONTAL. */
  readonly pitchMax: number;
  /**
   * Share of fine detail in a face brought to one size, whatever its light and colour. Good pictures of every skin tone
   * and frames of soft cameras measured 0.12 to 1.8, heavily blurred ones 0.015, one blown up tenfold 0.047.
   */
  readonly sharpnessMin: number;
  /** How many of eyes and mouth may be covered. */
  readonly coveredMax: number;
  /** The models' recipe: 0.40 to verify, 0.55 to enrol. */
  readonly qualityMin: number;
}

/** For a frame that is compared and forgotten. Pose: the mesh is good to 45 degrees, liveness and match to about 35. */
export const VERIFY_GATES: Gates = {
  faceWidthMin: 40,
  lumaMin: 0.1,
  lumaMax: 0.88,
  yawMax: 35,
  pitchMax: 35,
  sharpnessMin: 0.06,
  coveredMax: 1,
  qualityMin: 0.4,
};

/** For a picture that becomes a template: later looks are only as good as it is. */
export const ENROL_GATES: Gates = {
  ...VERIFY_GATES,
  yawMax: 30,
  pitchMax: 30,
  sharpnessMin: 0.08,
  coveredMax: 0,
  qualityMin: 0.55,
};

/** A frontal face reads about five degrees down. */
export const PITCH_FRONTAL = 5;

/**
 * A second face matters when the detector is sure of it and it is at least half as wide as the subject's: someone at
 * twice the distance is background. Real second faces scored 0.92 and more, a pattern taken for a face 0.72.
 */
const COMPANION_SCORE_MIN = 0.8;
const COMPANION_WIDTH_MIN = 0.5;

/** The subject and whoever is close enough to be taken for it; 0 without a face. */
export function countFaces({ faces }: Pick<FaceFacts, 'faces'>): number {
  const [subject, ...others] = faces;
  if (subject === undefined) return 0;
  const companions = others.filter(
    (face) => face.score >= COMPANION_SCORE_MIN && face.box.width >= COMPANION_WIDTH_MIN * subject.box.width,
  );
  return 1 + companions.length;
}

/** What is covered: eyes by dark glasses, mouth and nose by a mask. Neither is an attack by itself. */
export function findCovers({ subject }: Pick<FaceFacts, 'subject'>): { eyes: boolean; mouth: boolean } {
  const raised = (wanted: string) =>
    subject?.media?.some(({ name, raised }) => name === wanted && raised) ?? false;
  return { eyes: raised('face_glasses_dark'), mouth: raised('face_occlusion_lower') };
}

/** The worst problem of a look, if it has one. */
export function findProblem(facts: FaceFacts, gates: Gates): FaceProblem | undefined {
  const { faces, luma, subject } = facts;
  if (faces[0] === undefined || subject === undefined) return 'no_face';
  const { yaw, pitch } = subject.landmarks.pose;
  if (countFaces(facts) > 1) return 'multiple_faces';
  if (faces[0].box.width < gates.faceWidthMin) return 'too_small';
  if (luma < gates.lumaMin) return 'too_dark';
  if (luma > gates.lumaMax) return 'too_bright';
  if (Math.abs(yaw) > gates.yawMax || Math.abs(pitch - PITCH_FRONTAL) > gates.pitchMax) return 'turned_away';
  const { eyes, mouth } = findCovers(facts);
  const sharpness = subject.media?.find(({ name }) => name === 'media_sharpness')?.value ?? 1;
  if (!(sharpness >= gates.sharpnessMin)) return 'blurred';
  if (Number(eyes) + Number(mouth) > gates.coveredMax) return 'covered';
  // Written so that a value that is no number is a problem too.
  if (!(subject.quality >= gates.qualityMin)) return 'low_quality';
  return undefined;
}
