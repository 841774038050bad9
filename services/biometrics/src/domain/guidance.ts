import { percent } from './calibration.ts';
import { countFaces, type FaceFacts, PITCH_FRONTAL } from './gates.ts';

/** What a look at a small picture measured; a glance of the pipeline has this shape. */
export interface GlanceFacts extends Pick<FaceFacts, 'luma'> {
  readonly width: number;
  readonly height: number;
  readonly faces: readonly { readonly box: Box; readonly score: number }[];
  /** Mean luma 0..1 around the largest face. */
  readonly surroundings: number;
  /** Of the largest face. Degrees: yaw > 0 towards image left, pitch > 0 down, roll > 0 leans right. */
  readonly glimpse?: {
    readonly pose: { readonly yaw: number; readonly pitch: number; readonly roll: number };
    readonly sharpness: number;
    /** Mean luma 0..255. */
    readonly brightness: number;
    readonly covers: { readonly eyes: boolean; readonly mouth: boolean };
  };
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** What live guidance is told of a small picture, in the proto's units. */
export interface Guidance {
  readonly faceCount: number;
  /** Fractions of the picture's width and height; undefined without a face. */
  readonly box: Box | undefined;
  /** 0..100 of the face, of the picture when there is no face. */
  readonly luminance: number;
  readonly surroundingsLuminance: number;
  /** Degrees; 0 looks into the camera, yaw below 0 is the person's left, pitch above 0 is up. */
  readonly angles: { readonly yaw: number; readonly pitch: number; readonly roll: number } | undefined;
  /** 0..100. Faces in focus 13 and more, blurred over a twentieth of their width below 6. */
  readonly sharpness: number | undefined;
  readonly eyesCovered: boolean;
  readonly mouthCovered: boolean;
}

/** Brighter faces have lost the detail that tells a mouth from a mask: one in nine of them would be told to take one off. */
const BRIGHTNESS_MAX = 205;

/** Puts what was measured into the words of guidance. */
export function guidanceOf(facts: GlanceFacts): Guidance {
  const { faces, width, height, glimpse } = facts;
  const box = faces[0]?.box;
  const canTell = glimpse !== undefined && glimpse.brightness <= BRIGHTNESS_MAX;
  return {
    faceCount: countFaces(facts),
    box: box && {
      left: box.left / width,
      top: box.top / height,
      width: box.width / width,
      height: box.height / height,
    },
    luminance: percent(facts.luma),
    surroundingsLuminance: percent(facts.surroundings),
    angles: glimpse && {
      yaw: degrees(glimpse.pose.yaw),
      pitch: degrees(PITCH_FRONTAL - glimpse.pose.pitch),
      roll: degrees(glimpse.pose.roll),
    },
    sharpness: glimpse && Math.round(Math.min(100, 100 * glimpse.sharpness)),
    eyesCovered: canTell && glimpse.covers.eyes,
    mouthCovered: canTell && glimpse.covers.mouth,
  };
}

/** To a tenth: more is noise. */
function degrees(angle: number): number {
  return Math.round(10 * angle) / 10;
}
