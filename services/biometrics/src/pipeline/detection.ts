import type { Box, Point } from './picture.ts';

/** A face as the detector found it. Points: eye at image left, eye at image right, nose, mouth left, mouth right. */
export interface DetectedFace {
  readonly box: Box;
  readonly score: number;
  readonly points: readonly Point[];
}

/** Raw output tensors of the detector by name: cls_8, obj_8, bbox_8, kps_8 and so on for strides 16 and 32. */
export type DetectorOutput = Readonly<Record<string, Float32Array>>;

/** Origin of both: the models' recipe (`thresholds` of its manifest). */
const DETECTOR_SCORE_MIN = 0.6;
const NMS_IOU_MAX = 0.3;

const STRIDES = [8, 16, 32] as const;
const LARGEST_STRIDE = 32;

/** The recipe's canvas: a side of the working picture at most, whole cells of the largest stride. */
const CANVAS_SIDE = 640;

export interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * The canvas that gives the recipe's numbers at the least cost. The recipe pads every picture to 640x640; beyond 64
 * pixels of padding nothing changes any more (measured: below 0.01 px on every ordinary picture), which saves a
 * quarter of the detector's time on a 640x480 frame. Small tight crops, whose face touches the edge, do feel all of
 * the padding (up to 11 px) and get the whole canvas.
 */
export function exactCanvas(picture: Size): Size {
  if (Math.max(picture.width, picture.height) < 320) return { width: CANVAS_SIDE, height: CANVAS_SIDE };
  return {
    width: Math.min(CANVAS_SIDE, wholeCells(picture.width) + 64),
    height: Math.min(CANVAS_SIDE, wholeCells(picture.height) + 64),
  };
}

/** The smallest canvas that holds the picture: quick, and near enough for guidance. */
export function tightCanvas(picture: Size): Size {
  return { width: wholeCells(picture.width), height: wholeCells(picture.height) };
}

function wholeCells(side: number): number {
  return Math.ceil(side / LARGEST_STRIDE) * LARGEST_STRIDE;
}

/** Faces in pixels of the picture, the largest first. */
export function decodeFaces(output: DetectorOutput, canvas: Size): DetectedFace[] {
  const candidates = STRIDES.flatMap((stride) => decodeStride(output, stride, canvas.width / stride));
  candidates.sort((one, other) => other.score - one.score);
  const kept: DetectedFace[] = [];
  for (const face of candidates) {
    if (kept.every((other) => overlap(face.box, other.box) <= NMS_IOU_MAX)) kept.push(face);
  }
  return kept.sort((one, other) => area(other.box) - area(one.box));
}

function decodeStride(output: DetectorOutput, stride: number, columns: number): DetectedFace[] {
  const [cls, obj, bbox, kps] = ['cls', 'obj', 'bbox', 'kps'].map((name) => output[`${name}_${stride}`]);
  if (!cls || !obj || !bbox || !kps) throw new Error(`the detector gave no output for stride ${stride}`);
  const faces: DetectedFace[] = [];
  for (let cell = 0; cell < cls.length; cell += 1) {
    const product = clamp01(cls[cell] ?? 0) * clamp01(obj[cell] ?? 0);
    if (!(product >= DETECTOR_SCORE_MIN ** 2)) continue;
    const column = cell % columns;
    const row = Math.floor(cell / columns);
    const value = (index: number) => bbox[cell * 4 + index] ?? 0;
    const width = Math.exp(value(2)) * stride;
    const height = Math.exp(value(3)) * stride;
    const left = (column + value(0)) * stride - width / 2;
    const top = (row + value(1)) * stride - height / 2;
    const points = [0, 1, 2, 3, 4].map((point) => ({
      x: (column + (kps[cell * 10 + 2 * point] ?? 0)) * stride,
      y: (row + (kps[cell * 10 + 2 * point + 1] ?? 0)) * stride,
    }));
    faces.push({ box: { left, top, width, height }, score: Math.sqrt(product), points });
  }
  return faces;
}

/** Intersection over union. */
function overlap(one: Box, other: Box): number {
  const width = Math.min(one.left + one.width, other.left + other.width) - Math.max(one.left, other.left);
  const height = Math.min(one.top + one.height, other.top + other.height) - Math.max(one.top, other.top);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  return shared / (area(one) + area(other) - shared);
}

function area(box: Box): number {
  return box.width * box.height;
}

function clamp01(value: number): number {
  return Math.max(0, Math.min(1, value));
}
