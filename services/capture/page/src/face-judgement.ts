import type { FaceBox, GuidanceAnswer } from '../../src/wire.ts';
import { length, offsetOf, shareInside, wandered } from './outline.ts';

/** The one instruction on screen. */
export type Hint =
  | 'position'
  | 'alone'
  | 'closer'
  | 'back'
  | 'centre'
  | 'level'
  | 'look_straight'
  | 'light'
  | 'backlight'
  | 'glare'
  | 'uncover_eyes'
  | 'uncover_face'
  | 'still'
  | 'good'
  | 'manual'
  /** There is no link, so nobody looks. */
  | 'offline';

/** What one moment looked like. `seen`: the service's answer or the browser's own; null while nobody knows. */
export interface Reading {
  /** Milliseconds on any clock that only rises. */
  readonly at: number;
  readonly seen: GuidanceAnswer | null;
  /** When the picture was taken that `seen` tells of; `at` where that is left out. */
  readonly takenAt?: number;
  /** 0..100, of the middle of the picture. */
  readonly luminance: number;
  /** 0..100, change since the reading before. */
  readonly motion: number;
}

/**
 * What a moment is good for. `acceptable`: a frame of now would not be refused, whatever could be better; `doubtful`: it
 * could be, because something seems to cover the face.
 */
export interface Judgement {
  readonly hint: Hint;
  readonly acceptable: boolean;
  readonly doubtful: boolean;
}

/**
 * Beyond these biometrics refuses a frame, or the face is not the user's own to judge; a little inside of its gates
 * (luma 10 and 88, 30 degrees, 40 of 640 pixels, sharpness 6), because the thumbnail is smaller and a moment older.
 */
const acceptable = {
  darkest: 14,
  brightest: 85,
  angle: 25,
  /** Share of the oval's height that a detected face (brow to chin) fills. */
  size: 0.3,
  /** Of the box that is in the picture. */
  inside: 0.9,
  /** Measured on thumbnails: in focus 13 and more, blurred over a twentieth of the face's width below 6. */
  sharpness: 8,
};

/** Within these there is nothing to say. */
const good = {
  dark: 22,
  bright: 78,
  /** Luminance of the whole middle, when no face is found. */
  darkPicture: 6,
  brightPicture: 94,
  /** A face this much darker than what is around it, and not bright itself, has its light behind it. */
  behind: 25,
  behindBelow: 40,
  small: 0.42,
  large: 1.2,
  /** Distance of the centres, in ovals. */
  aside: 0.22,
  /** Degrees. People hold a phone low and look up to it, so pitch has more room. */
  yaw: 17,
  pitch: 20,
  roll: 16,
  /** How far the box may wander between two readings, in ovals. */
  wander: 0.12,
  /** Change of the whole picture that blurs a frame. */
  motion: 9,
};

/** The instruction that helps most right now, and whether a frame would do. `oval` is in fractions of the picture. */
export function judge(reading: Reading, oval: FaceBox, lastBox: FaceBox | null): Judgement {
  const { seen } = reading;
  if (seen?.box == null) return { hint: withoutFace(reading), acceptable: false, doubtful: false };
  const doubtful = seen.eyes_covered || seen.mouth_covered;
  return {
    hint: withFace(reading, seen, seen.box, oval, lastBox),
    acceptable: isAcceptable(seen, seen.box, oval),
    doubtful,
  };
}

/** Nobody has seen a face: either there is none, or nobody looks. */
function withoutFace({ seen, luminance, motion }: Reading): Hint {
  if (luminance < good.darkPicture) return 'light';
  if (luminance > good.brightPicture) return 'glare';
  return seen === null && motion > good.motion ? 'still' : 'position';
}

/** In the order of what spoils a frame most: whose face, where it is, what light, what covers it, how it is held. */
function withFace(
  { motion }: Reading,
  seen: GuidanceAnswer,
  box: FaceBox,
  oval: FaceBox,
  lastBox: FaceBox | null,
): Hint {
  if (seen.faces > 1) return 'alone';
  const size = box.height / oval.height;
  if (size < good.small) return 'closer';
  if (size > good.large) return 'back';
  if (length(offsetOf(box, oval)) > good.aside) return 'centre';
  const light = lightOf(seen);
  if (light !== null) return light;
  // Both at once is a mask with dark glasses: the lower half hides more.
  if (seen.mouth_covered) return 'uncover_face';
  if (seen.eyes_covered) return 'uncover_eyes';
  const { angles, sharpness } = seen;
  if (angles !== null) {
    if (Math.abs(angles.yaw) > good.yaw || Math.abs(angles.pitch) > good.pitch) return 'look_straight';
    if (Math.abs(angles.roll) > good.roll) return 'level';
  }
  const blurred = sharpness !== null && sharpness < acceptable.sharpness;
  const wanders = lastBox !== null && wandered(lastBox, box, oval) > good.wander;
  return blurred || wanders || motion > good.motion ? 'still' : 'good';
}

function lightOf({ luminance, surroundings }: GuidanceAnswer): Hint | null {
  if (luminance < good.behindBelow && surroundings - luminance > good.behind) return 'backlight';
  if (luminance < good.dark) return 'light';
  return luminance > good.bright ? 'glare' : null;
}

function isAcceptable(seen: GuidanceAnswer, box: FaceBox, oval: FaceBox): boolean {
  const { angles, sharpness, luminance } = seen;
  return (
    seen.faces === 1 &&
    luminance >= acceptable.darkest &&
    luminance <= acceptable.brightest &&
    box.height / oval.height >= acceptable.size &&
    shareInside(box) >= acceptable.inside &&
    !(seen.eyes_covered && seen.mouth_covered) &&
    (sharpness === null || sharpness >= acceptable.sharpness) &&
    (angles === null || Math.max(Math.abs(angles.yaw), Math.abs(angles.pitch)) <= acceptable.angle)
  );
}
