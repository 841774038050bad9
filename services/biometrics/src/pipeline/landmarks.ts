import type { DetectedFace } from './detection.ts';
import type { Affine } from './geometry.ts';
import { inverse, mean, similarity } from './geometry.ts';
import type { CropForm, Point } from './picture.ts';

/** Input of the mesh model. */
export const MESH_FORM: CropForm = { side: 192, order: 'rgb', scale: 1 / 255, shift: 0 };

/** x, y, z of 468 points. */
const MESH_VALUES = 468 * 3;

/** Degrees. yaw > 0: turned to image left; pitch > 0: down (a frontal face reads about +5); roll > 0: leans right. */
interface Pose {
  readonly yaw: number;
  readonly pitch: number;
  readonly roll: number;
}

/** What the mesh tells of a face, in pixels of the working picture. */
export interface Landmarks {
  /** Eye at image left, eye at image right, nose, mouth corner at image left, mouth corner at image right. */
  readonly points: readonly Point[];
  readonly pose: Pose;
  /** 468 x 3: x, y, z of each point, z in the same unit and growing away from the camera. */
  readonly mesh: Float32Array<ArrayBuffer>;
}

const LEFT_EYE = [33, 133, 159, 145, 160, 158, 153, 144];
const RIGHT_EYE = [362, 263, 386, 374, 385, 387, 373, 380];
const NOSE = [1, 4];
const MOUTH_LEFT = 61;
const MOUTH_RIGHT = 291;
/** Outer corners of the eyes, crown and chin: the axes of the head. */
const [EYE_CORNER_LEFT, EYE_CORNER_RIGHT, CROWN, CHIN] = [33, 263, 10, 152];

/** The upright square around a face, levelled by the detector's eyes, that the mesh model expects. */
export function meshCrop(face: DetectedFace): Affine {
  const [left, right] = face.points;
  if (!left || !right) throw new RangeError('a detected face has five points');
  const centre = { x: face.box.left + face.box.width / 2, y: face.box.top + face.box.height / 2 };
  const scale = MESH_FORM.side / (1.35 * Math.max(face.box.width, face.box.height));
  const tilt = Math.atan2(right.y - left.y, right.x - left.x);
  const a = scale * Math.cos(tilt);
  const b = -scale * Math.sin(tilt);
  const middle = MESH_FORM.side / 2 - 0.5;
  return similarity(a, b, middle - (a * centre.x - b * centre.y), middle - (b * centre.x + a * centre.y));
}

/** Reads the mesh of 468 points x, y, z in pixels of the crop that `crop` cut. */
export function readMesh(values: Float32Array, crop: Affine): Landmarks {
  const mesh = uncropped(values, inverse(crop));
  const point = (index: number): Vector => ({
    x: mesh[index * 3] ?? 0,
    y: mesh[index * 3 + 1] ?? 0,
    z: mesh[index * 3 + 2] ?? 0,
  });
  const middle = (indices: readonly number[]): Point => mean(indices.map(point));
  return {
    points: [middle(LEFT_EYE), middle(RIGHT_EYE), middle(NOSE), point(MOUTH_LEFT), point(MOUTH_RIGHT)],
    pose: readPose(point(EYE_CORNER_LEFT), point(EYE_CORNER_RIGHT), point(CROWN), point(CHIN)),
    mesh,
  };
}

/** A copy in pixels of the picture; depth is scaled as the plane is. */
function uncropped(values: Float32Array, back: Affine): Float32Array<ArrayBuffer> {
  const depthScale = Math.hypot(back.a, back.c);
  const mesh = new Float32Array(MESH_VALUES);
  for (let at = 0; at < MESH_VALUES; at += 3) {
    const [x, y, z] = [values[at] ?? 0, values[at + 1] ?? 0, values[at + 2] ?? 0];
    mesh[at] = back.a * x + back.b * y + back.tx;
    mesh[at + 1] = back.c * x + back.d * y + back.ty;
    mesh[at + 2] = z * depthScale;
  }
  return mesh;
}

interface Vector extends Point {
  readonly z: number;
}

function readPose(eyeLeft: Vector, eyeRight: Vector, crown: Vector, chin: Vector): Pose {
  const across = unit(minus(eyeRight, eyeLeft));
  const forward = unit(cross(across, unit(minus(chin, crown))));
  const down = cross(forward, across);
  return {
    yaw: degrees(Math.atan2(-across.z, Math.hypot(across.x, across.y))),
    pitch: degrees(Math.atan2(down.z, forward.z)),
    roll: degrees(Math.atan2(across.y, across.x)),
  };
}

function minus(one: Vector, other: Vector): Vector {
  return { x: one.x - other.x, y: one.y - other.y, z: one.z - other.z };
}

function cross(one: Vector, other: Vector): Vector {
  return {
    x: one.y * other.z - one.z * other.y,
    y: one.z * other.x - one.x * other.z,
    z: one.x * other.y - one.y * other.x,
  };
}

function unit(vector: Vector): Vector {
  const length = Math.hypot(vector.x, vector.y, vector.z) || 1;
  return { x: vector.x / length, y: vector.y / length, z: vector.z / length };
}

function degrees(radians: number): number {
  return (radians * 180) / Math.PI;
}
