import { AGE_FORM, ageCrop, centreAgeCrop } from './age.ts';
import { EMBEDDING_FORM, embeddingCrop, QUALITY_FORM, qualityCrop } from './alignment.ts';
import { bucketFor } from './buckets.ts';
import type { DetectedFace, Size } from './detection.ts';
import { decodeFaces } from './detection.ts';
import type { Landmarks } from './landmarks.ts';
import { MESH_FORM, meshCrop, readMesh } from './landmarks.ts';
import { LIVENESS_FORM, LIVENESS_SCALES, livenessCrop } from './liveness.ts';
import type { Model, Models } from './models.ts';
import type { CropForm, Picture } from './picture.ts';
import { createPixels } from './pixels.ts';
import { resizeCrop } from './sampling.ts';

/** A picture and its largest face. */
export interface Seen {
  readonly picture: Picture;
  readonly face: DetectedFace;
}

/** The same with its landmarks, which later crops are aligned by. */
export interface Aligned extends Seen {
  readonly landmarks: Landmarks;
}

/** Each model over a batch of pictures: one answer for each, in their order, the same as if it were alone. */
export interface Inference {
  detect(pictures: readonly Picture[], canvasOf: (picture: Size) => Size): Promise<DetectedFace[][]>;
  mesh(seen: readonly Seen[]): Promise<Landmarks[]>;
  /** Not normalised. */
  embed(faces: readonly Aligned[]): Promise<Float32Array[]>;
  /** 0..1 */
  quality(faces: readonly Aligned[]): Promise<number[]>;
  /** Three probabilities each. */
  liveness(scale: 'near' | 'far', seen: readonly Seen[]): Promise<Float32Array[]>;
  /** Years. @throws Error without the model */
  age(seen: readonly Seen[]): Promise<number[]>;
  /** Milliseconds inside the models since the last call. */
  takeModelMs(): number;
}

/** The detector needs about 35 MB for each canvas of a batch: larger groups go in parts. */
const DETECTOR_BATCH_MAX = 8;

/**
 * The models behind their crops. Working memory is kept between calls and grows to the largest batch, so calls must
 * follow one another.
 */
export function createInference(models: Models): Inference {
  const { tensor, fillCanvas, warp } = createPixels();
  let modelMs = 0;

  /** Runs one row for each item, padded with zeros to the next bucket. @returns each output without the padding */
  async function run<Item>(
    model: Model,
    { width, height }: Size,
    items: readonly Item[],
    fill: (item: Item, out: Float32Array) => void,
  ): Promise<Readonly<Record<string, Float32Array>>> {
    const size = 3 * width * height;
    const bucket = bucketFor(items.length);
    const input = tensor(bucket * size);
    items.forEach((item, row) => {
      fill(item, input.subarray(row * size, (row + 1) * size));
    });
    input.fill(0, items.length * size, bucket * size);
    const start = performance.now();
    const outputs = await model.run(input, [bucket, 3, height, width]);
    modelMs += performance.now() - start;
    if (bucket === items.length) return outputs;
    return Object.fromEntries(
      Object.entries(outputs).map(([name, values]) => [
        name,
        values.subarray(0, (values.length / bucket) * items.length),
      ]),
    );
  }

  /** One crop for each item through a model, of which the output `name` matters. */
  async function runCrops<Item>(
    model: Model,
    { side }: CropForm,
    name: string,
    items: readonly Item[],
    fill: (item: Item, out: Float32Array) => void,
  ): Promise<Float32Array[]> {
    if (items.length === 0) return [];
    const values = (await run(model, { width: side, height: side }, items, fill))[name];
    if (values === undefined) throw new Error(`a model gave no output ${name}`);
    return rows(values, items.length);
  }

  async function detectOn(canvas: Size, pictures: readonly Picture[]): Promise<DetectedFace[][]> {
    const outputs = await run(models.detector, canvas, pictures, (picture, out) =>
      fillCanvas(picture, canvas, out),
    );
    const found = pictures.map((): Record<string, Float32Array> => ({}));
    for (const [name, values] of Object.entries(outputs)) {
      const size = values.length / pictures.length;
      for (const [row, output] of found.entries())
        output[name] = values.subarray(row * size, (row + 1) * size);
    }
    return found.map((output) => decodeFaces(output, canvas));
  }

  return {
    async detect(pictures, canvasOf) {
      const found: DetectedFace[][] = pictures.map(() => []);
      for (const { canvas, members } of groupByCanvas(pictures, canvasOf)) {
        for (let from = 0; from < members.length; from += DETECTOR_BATCH_MAX) {
          const part = members.slice(from, from + DETECTOR_BATCH_MAX);
          const faces = await detectOn(
            canvas,
            part.map(({ picture }) => picture),
          );
          part.forEach(({ index }, row) => {
            found[index] = faces[row] ?? [];
          });
        }
      }
      return found;
    },

    async mesh(seen) {
      const meshes = await runCrops(models.mesh, MESH_FORM, 'landmarks', seen, ({ picture, face }, out) =>
        warp(picture, meshCrop(face), MESH_FORM, out),
      );
      return seen.map(({ face }, index) => readMesh(meshes[index] ?? new Float32Array(), meshCrop(face)));
    },

    embed: (faces) =>
      runCrops(models.embedder, EMBEDDING_FORM, 'embedding', faces, ({ picture, landmarks }, out) =>
        warp(picture, embeddingCrop(landmarks.points), EMBEDDING_FORM, out),
      ),

    async quality(faces) {
      const found = await runCrops(
        models.quality,
        QUALITY_FORM,
        'quality',
        faces,
        ({ picture, landmarks }, out) => warp(picture, qualityCrop(landmarks.points), QUALITY_FORM, out),
      );
      return found.map(only);
    },

    liveness: (scale, seen) =>
      runCrops(
        scale === 'near' ? models.livenessNear : models.livenessFar,
        LIVENESS_FORM,
        'prob',
        seen,
        ({ picture, face }, out) =>
          resizeCrop(picture, livenessCrop(picture, face.box, LIVENESS_SCALES[scale]), LIVENESS_FORM, out),
      ),

    async age(seen) {
      if (seen.length === 0) return [];
      if (models.age === undefined) throw new Error('no age model is loaded');
      const found = await runCrops(models.age, AGE_FORM, 'age', seen, ({ picture, face }, out) => {
        warp(picture, ageCrop(face.box), AGE_FORM, out);
        centreAgeCrop(out);
      });
      return found.map(only);
    },

    takeModelMs() {
      const taken = modelMs;
      modelMs = 0;
      return taken;
    },
  };
}

interface CanvasGroup {
  readonly canvas: Size;
  readonly members: { readonly index: number; readonly picture: Picture }[];
}

function groupByCanvas(pictures: readonly Picture[], canvasOf: (picture: Size) => Size): CanvasGroup[] {
  const groups = new Map<string, CanvasGroup>();
  pictures.forEach((picture, index) => {
    const canvas = canvasOf(picture);
    const key = `${canvas.width}x${canvas.height}`;
    const group = groups.get(key) ?? { canvas, members: [] };
    group.members.push({ index, picture });
    groups.set(key, group);
  });
  return [...groups.values()];
}

/** The rows of a tensor whose first dimension is `count`. */
function rows(values: Float32Array, count: number): Float32Array[] {
  const size = values.length / count;
  return Array.from({ length: count }, (_, row) => values.subarray(row * size, (row + 1) * size));
}

function only(values: Float32Array): number {
  const [value] = values;
  if (value === undefined) throw new Error('a model gave nothing');
  return value;
}
