import {
  EMBEDDING_CROP_SIZE,
  EMBEDDING_PLANES,
  embeddingCrop,
  QUALITY_CROP_SIZE,
  QUALITY_PLANES,
  qualityCrop,
} from './alignment.ts';
import type { Refused } from './decode.ts';
import { decode, encodeBlank, GUIDANCE_SIDE, WORKING_SIDE } from './decode.ts';
import type { DetectedFace, Size } from './detection.ts';
import { decodeFaces, exactCanvas, fillCanvas, tightCanvas } from './detection.ts';
import { normalised } from './embedding.ts';
import type { Affine } from './geometry.ts';
import { similarity } from './geometry.ts';
import type { Landmarks } from './landmarks.ts';
import { MESH_PLANES, MESH_SIZE, meshCrop, readMesh } from './landmarks.ts';
import {
  LIVENESS_PLANES,
  LIVENESS_SCALES,
  LIVENESS_SIZE,
  livenessCrop,
  liveProbability,
} from './liveness.ts';
import type { Model, Models } from './models.ts';
import type { Box, Picture, Planes } from './picture.ts';
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
  const crop = new Float32Array(3 * MESH_SIZE * MESH_SIZE);
  let modelMs = 0;

  async function run(model: Model, input: Float32Array, width: number, height: number) {
    const start = performance.now();
    const outputs = await model.run(input.subarray(0, 3 * width * height), [1, 3, height, width]);
    modelMs += performance.now() - start;
    return outputs;
  }

  async function detect(picture: Picture, size: Size): Promise<DetectedFace[]> {
    fillCanvas(picture, size, canvas);
    return decodeFaces(await run(models.detector, canvas, size.width, size.height), size);
  }

  async function runWarped(
    model: Model,
    name: string,
    picture: Picture,
    map: Affine,
    side: number,
    planes: Planes,
  ) {
    warp(picture, map, side, planes, crop);
    return output(await run(model, crop, side, side), name);
  }

  async function runLiveness(model: Model, picture: Picture, box: Box, scale: number) {
    resizeCrop(picture, livenessCrop(picture, box, scale), LIVENESS_SIZE, LIVENESS_PLANES, crop);
    return output(await run(model, crop, LIVENESS_SIZE, LIVENESS_SIZE), 'prob');
  }

  async function look(image: Uint8Array): Promise<Look | Refused> {
    const stages: Stages = { decode: 0, detect: 0, mesh: 0, embed: 0, quality: 0, liveness: 0, models: 0 };
    modelMs = 0;
    let mark = performance.now();
    const finish = (stage: keyof Stages) => {
      const now = performance.now();
      stages[stage] = now - mark;
      mark = now;
    };

    const picture = await decode(image, WORKING_SIDE);
    finish('decode');
    if ('refused' in picture) return picture;

    const faces = await detect(picture, exactCanvas(picture));
    const face = faces[0];
    const sighting = describe(picture, faces);
    finish('detect');
    if (face === undefined) return { ...sighting, stages: { ...stages, models: modelMs } };

    const meshMap = meshCrop(face);
    const mesh = await runWarped(models.mesh, 'landmarks', picture, meshMap, MESH_SIZE, MESH_PLANES);
    const landmarks = readMesh(mesh, meshMap);
    finish('mesh');

    const embedded = await runWarped(
      models.embedder,
      'embedding',
      picture,
      embeddingCrop(landmarks.points),
      EMBEDDING_CROP_SIZE,
      EMBEDDING_PLANES,
    );
    const embedding = normalised(embedded);
    finish('embed');

    const quality = await runWarped(
      models.quality,
      'quality',
      picture,
      qualityCrop(landmarks.points),
      QUALITY_CROP_SIZE,
      QUALITY_PLANES,
    );
    finish('quality');

    const near = await runLiveness(models.livenessNear, picture, face.box, LIVENESS_SCALES.near);
    const far = await runLiveness(models.livenessFar, picture, face.box, LIVENESS_SCALES.far);
    finish('liveness');

    const subject: Subject = {
      landmarks,
      quality: quality[0] ?? 0,
      live: liveProbability(near, far),
      liveBy: { near: [...near], far: [...far] },
      embedding,
    };
    return { ...sighting, subject, stages: { ...stages, models: modelMs } };
  }

  async function glance(image: Uint8Array): Promise<Sighting | Refused> {
    const picture = await decode(image, GUIDANCE_SIDE);
    if ('refused' in picture) return picture;
    return describe(picture, await detect(picture, tightCanvas(picture)));
  }

  async function warm(): Promise<void> {
    const blank: Picture = { width: 640, height: 480, rgb: new Uint8Array(640 * 480 * 3) };
    const image = await encodeBlank(blank);
    const box: Box = { left: 220, top: 120, width: 200, height: 240 };
    for (let round = 0; round < 2; round += 1) {
      await look(image);
      await glance(image);
      const map = similarity(0.5, 0, 0, 0);
      await runWarped(models.mesh, 'landmarks', blank, map, MESH_SIZE, MESH_PLANES);
      await runWarped(models.embedder, 'embedding', blank, map, EMBEDDING_CROP_SIZE, EMBEDDING_PLANES);
      await runWarped(models.quality, 'quality', blank, map, QUALITY_CROP_SIZE, QUALITY_PLANES);
      await runLiveness(models.livenessNear, blank, box, LIVENESS_SCALES.near);
      await runLiveness(models.livenessFar, blank, box, LIVENESS_SCALES.far);
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

function output(outputs: Readonly<Record<string, Float32Array>>, name: string): Float32Array {
  const values = outputs[name];
  if (values === undefined) throw new Error(`a model gave no output ${name}`);
  return values;
}
