import type { Affine } from './geometry.ts';
import { fitSimilarity, scaled } from './geometry.ts';
import type { CropForm, Point } from './picture.ts';

/** Where the five points lie in an aligned face of 112x112 pixels; the common template of face models. */
export const FACE_TEMPLATE_112: readonly Point[] = [
  { x: 38.2946, y: 51.6963 },
  { x: 73.5318, y: 51.5014 },
  { x: 56.0252, y: 71.7366 },
  { x: 41.5493, y: 92.3655 },
  { x: 70.7299, y: 92.2041 },
];
/** The same in the 96x112 crop that the embedder was trained with. */
const TEMPLATE_96_112 = FACE_TEMPLATE_112.map(({ x, y }) => ({ x: x - 8, y }));

/** Input of the embedder reid0095. Its scaling is inside the graph. */
export const EMBEDDING_FORM: CropForm = { side: 128, order: 'bgr', scale: 1, shift: 0 };

/** Input of the quality model LightQNet: (v - 128) / 128. */
export const QUALITY_FORM: CropForm = { side: 96, order: 'bgr', scale: 1 / 128, shift: -1 };

/** The map from the picture to the embedder's crop: 96x112 stretched to a square. */
export function embeddingCrop(points: readonly Point[]): Affine {
  return scaled(fitSimilarity(points, TEMPLATE_96_112), EMBEDDING_FORM.side / 96, EMBEDDING_FORM.side / 112);
}

/** The map from the picture to the quality model's crop. */
export function qualityCrop(points: readonly Point[]): Affine {
  const scale = QUALITY_FORM.side / 112;
  return scaled(fitSimilarity(points, FACE_TEMPLATE_112), scale, scale);
}
