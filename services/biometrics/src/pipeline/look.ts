import { EMBEDDING_FORM, embeddingCrop, QUALITY_FORM, qualityCrop } from './alignment.ts';
import type { Refused } from './decode.ts';
import { decode, encodeBlank, GUIDANCE_SIDE, WORKING_SIDE } from './decode.ts';
import type { DetectedFace, Size } from './detection.ts';
import { decodeFaces, exactCanvas, fillCanvas, tightCanvas } from './detection.ts';
import { normalised } from './embedding.ts';
import type { Affine } from './geometry.ts';
import { similarity } from './geometry.ts';
import type { Landmarks } from './landmarks.ts';
import { MESH_FORM, meshCrop, readMesh } from './landmarks.ts';
import { LIVENESS_FORM, LIVENESS_SCALES, livenessCrop, liveProbability } from './liveness.ts';
import type { Model, Models } from './models.ts';
import type { Box, CropForm, Picture } from './picture.ts';
import { meanLuma } from './picture.ts';
import { resizeCrop, warp } from './sampling.ts';

/** Where faces are, the largest first. Boxes in pixels of the working picture. */
export interface Sighting {
  readonly width: number;
  readonly height: number;
  readonly faces: readonly { readonly box: Box; readonly score: number }[];
  /** Mean luma 0..1 of the largest face, of the picture when there is no face. */
  readonly luma: number;
}

/** What was measured of the largest face, in the models' own units. */
export interface Subject {
  readonly landmarks: Landmarks;
  /** 0..1 of the quality model. */
  readonly quality: number;
  /** Probability 0..1. */
  readonly live: number;
  readonly liveBy: { readonly near: readonly number[]; readonly far: readonly number[] };
  /** Length 1. Never leaves the process. */
  readonly embedding: Float32Array<ArrayBuffer>;
}

/** One whole look. */
export interface Look extends Sighting {
  /** Absent when no face was found. */
  readonly subject?: Subject;
  readonly stages: Stages;
}

/** Milliseconds by stage; `models` is the part of the total that ran inside the models. */
export type Stages = Record<
  'decode' | 'detect' | 'mesh' | 'embed' | 'quality' | 'liveness' | 'models',
  number
>;

export interface Looker {
  /** Everything that can be seen in a picture. */
  look(image: Uint8Array): Promise<Look | Refused>;
  /** Detection only, on a small picture. */
  glance(image: Uint8Array): Promise<Sighting | Refused>;
  /** Takes every path once, so that the first real picture is as quick as the next. */
  warm(): Promise<void>;
}

/**
 * The pipeline over one set of models. Working memory is kept between calls, so calls must follow one another: one
 * looker serves one worker.
 */
export function createLooker(models: Models): Looker {
  const canvas = new Float32Array(3 * WORKING_SIDE * WORKING_SIDE);
  const crop = new Float32Array(3 * MESH_FORM.side ** 2);
  let modelMs = 0;

  async function run(model: Model, input: Float32Array, { width, height }: Size) {
    const start = performance.now();
    const outputs = await model.run(input.subarray(0, 3 * width * height), [1, 3, height, width]);
    modelMs += performance.now() - start;
    return outputs;
  }

  async function runOnCrop(model: Model, { side }: CropForm, name: string): Promise<Float32Array> {
    const values = (await run(model, crop, { width: side, height: side }))[name];
    if (values === undefined) throw new Error(`a model gave no output ${name}`);
    return values;
  }

  async function detect(picture: Picture, size: Size): Promise<DetectedFace[]> {
    fillCanvas(picture, size, canvas);
    return decodeFaces(await run(models.detector, canvas, size), size);
  }

  function runMesh(picture: Picture, map: Affine): Promise<Float32Array> {
    warp(picture, map, MESH_FORM, crop);
    return runOnCrop(models.mesh, MESH_FORM, 'landmarks');
  }

  function embed(picture: Picture, map: Affine): Promise<Float32Array> {
    warp(picture, map, EMBEDDING_FORM, crop);
    return runOnCrop(models.embedder, EMBEDDING_FORM, 'embedding');
  }

  function judgeQuality(picture: Picture, map: Affine): Promise<Float32Array> {
    warp(picture, map, QUALITY_FORM, crop);
    return runOnCrop(models.quality, QUALITY_FORM, 'quality');
  }

  function judgeLiveness(scale: 'near' | 'far', picture: Picture, box: Box): Promise<Float32Array> {
    resizeCrop(picture, livenessCrop(picture, box, LIVENESS_SCALES[scale]), LIVENESS_FORM, crop);
    return runOnCrop(scale === 'near' ? models.livenessNear : models.livenessFar, LIVENESS_FORM, 'prob');
  }

  async function look(image: Uint8Array): Promise<Look | Refused> {
    const stages: Stages = { decode: 0, detect: 0, mesh: 0, embed: 0, quality: 0, liveness: 0, models: 0 };
    modelMs = 0;
    const timed = async <T>(stage: keyof Stages, work: () => Promise<T>): Promise<T> => {
      const start = performance.now();
      const result = await work();
      stages[stage] = performance.now() - start;
      return result;
    };

    const picture = await timed('decode', () => decode(image, WORKING_SIDE));
    if ('refused' in picture) return picture;
    const faces = await timed('detect', () => detect(picture, exactCanvas(picture)));
    const subject = faces[0] && (await examine(picture, faces[0], timed));
    stages.models = modelMs;
    return { ...describe(picture, faces), ...(subject ? { subject } : {}), stages };
  }

  async function examine(
    picture: Picture,
    face: DetectedFace,
    timed: <T>(stage: keyof Stages, work: () => Promise<T>) => Promise<T>,
  ): Promise<Subject> {
    const map = meshCrop(face);
    const landmarks = readMesh(await timed('mesh', () => runMesh(picture, map)), map);
    const embedded = await timed('embed', () => embed(picture, embeddingCrop(landmarks.points)));
    const [quality] = await timed('quality', () => judgeQuality(picture, qualityCrop(landmarks.points)));
    const [near, far] = await timed('liveness', async () => [
      await judgeLiveness('near', picture, face.box),
      await judgeLiveness('far', picture, face.box),
    ]);
    if (quality === undefined || near === undefined || far === undefined)
      throw new Error('a model gave nothing');
    return {
      landmarks,
      quality,
      live: liveProbability(near, far),
      liveBy: { near: [...near], far: [...far] },
      embedding: normalised(embedded),
    };
  }

  async function glance(image: Uint8Array): Promise<Sighting | Refused> {
    const picture = await decode(image, GUIDANCE_SIDE);
    if ('refused' in picture) return picture;
    return describe(picture, await detect(picture, tightCanvas(picture)));
  }

  async function warm(): Promise<void> {
    const blank: Picture = { width: 640, height: 480, rgb: new Uint8Array(640 * 480 * 3) };
    const image = await encodeBlank(blank);
    const map = similarity(0.5, 0, 0, 0);
    const box: Box = { left: 220, top: 120, width: 200, height: 240 };
    for (let round = 0; round < 2; round += 1) {
      await look(image);
      await glance(image);
      await runMesh(blank, map);
      await embed(blank, map);
      await judgeQuality(blank, map);
      await judgeLiveness('near', blank, box);
      await judgeLiveness('far', blank, box);
    }
  }

  return { look, glance, warm };
}

function describe(picture: Picture, faces: readonly DetectedFace[]): Sighting {
  return {
    width: picture.width,
    height: picture.height,
    faces: faces.map(({ box, score }) => ({ box, score })),
    luma: meanLuma(picture, faces[0]?.box),
  };
}
