import type { MediaSignal } from './gates.ts';

/** Places in pixels of the working picture. */
interface Place {
  readonly x: number;
  readonly y: number;
}

/** What a look found of where the subject is and how it holds its head. */
export interface PortraitFacts {
  /** Of the working picture. */
  readonly width: number;
  readonly height: number;
  /** The upright picture before it was reduced, in pixels. */
  readonly source: { readonly width: number };
  /** The largest first. */
  readonly faces: readonly {
    readonly box: {
      readonly left: number;
      readonly top: number;
      readonly width: number;
      readonly height: number;
    };
    readonly score: number;
  }[];
  /** Of the largest face; angles in degrees, 468 points x, y, z in pixels of the working picture. */
  readonly subject?: {
    readonly landmarks: {
      readonly points: readonly Place[];
      readonly pose: { readonly yaw: number; readonly pitch: number; readonly roll: number };
      readonly mesh: Float32Array;
    };
    /** Probabilities of three classes; the middle one is a live face. */
    readonly liveBy: { readonly near: readonly number[]; readonly far: readonly number[] };
  };
}

/** Mesh points: [above, below, one corner, the other] of what opens. */
const LEFT_EYE = [159, 145, 33, 133] as const;
const RIGHT_EYE = [386, 374, 362, 263] as const;
const LIPS = [13, 14, 78, 308] as const;

/**
 * How the subject stands before the camera, from what the look measured anyway. None of it speaks for an attack, and none of it
 * is about the shape of a face: only what changes from one second to the next. Empty without a face.
 */
export function portraitSignals(facts: PortraitFacts): MediaSignal[] {
  const { width, height, source, faces, subject } = facts;
  const [first, second] = faces;
  if (first === undefined || subject === undefined) return [];
  const { pose, points, mesh } = subject.landmarks;
  const { box } = first;
  const middle = { x: box.left + box.width / 2, y: box.top + box.height / 2 };
  const centre = { x: width / 2, y: height / 2 };
  const shown =
    Math.max(0, Math.min(width, box.left + box.width) - Math.max(0, box.left)) *
    Math.max(0, Math.min(height, box.top + box.height) - Math.max(0, box.top));
  const area = box.width * box.height;
  const [leftEye, rightEye] = points;
  const eyesPx = leftEye && rightEye && distance(leftEye, rightEye) * (source.width / width);
  return [
    told('face_detector_score', first.score, 3),
    told('face_box_ratio', area / (width * height), 3),
    told('face_outside_ratio', 1 - shown / area, 3),
    told('face_centre_offset', distance(middle, centre) / distance(centre, { x: 0, y: 0 }), 3),
    ...(second
      ? [told('face_second_face_size_ratio', (second.box.width * second.box.height) / area, 3)]
      : []),
    told('face_yaw_deg', pose.yaw, 1),
    told('face_pitch_deg', pose.pitch, 1),
    told('face_roll_deg', pose.roll, 1),
    ...(eyesPx === undefined ? [] : [told('face_inter_eye_px', eyesPx, 0)]),
    told('face_eye_openness', (openness(mesh, LEFT_EYE) + openness(mesh, RIGHT_EYE)) / 2, 2),
    told('face_mouth_openness', openness(mesh, LIPS), 2),
    told(
      'face_liveness_scale_disagreement',
      Math.abs((subject.liveBy.near[1] ?? 0) - (subject.liveBy.far[1] ?? 0)),
      3,
    ),
  ];
}

/** Height over width of what opens. */
function openness(mesh: Float32Array, [above, below, one, other]: readonly [number, number, number, number]) {
  const at = (index: number): Place => ({ x: mesh[index * 3] ?? 0, y: mesh[index * 3 + 1] ?? 0 });
  return distance(at(above), at(below)) / (distance(at(one), at(other)) || 1);
}

function distance(one: Place, other: Place): number {
  return Math.hypot(one.x - other.x, one.y - other.y);
}

function told(name: string, value: number, digits: number): MediaSignal {
  const unit = 10 ** digits;
  return { name, value: Math.round(value * unit) / unit || 0, raised: false };
}
