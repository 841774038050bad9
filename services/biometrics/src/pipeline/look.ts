import { type FrameFingerprint, fingerprint } from '../challenge/fingerprint.ts';
import { type RegionColours, regionColours } from '../challenge/regions.ts';
import type { Decoded, Refused, Turn } from './decode.ts';
import { decode, encodeBlank, GUIDANCE_SIDE, WORKING_SIDE } from './decode.ts';
import type { DetectedFace, Size } from './detection.ts';
import { exactCanvas, tightCanvas } from './detection.ts';
import { examine, type Failed, type Seen, type Subject } from './examination.ts';
import { GLIMPSE_WIDTH_MIN, type Glimpse, surroundingsLuma, takeGlimpse } from './glimpse.ts';
import { createInference } from './inference.ts';
import type { Landmarks } from './landmarks.ts';
import type { Models } from './models.ts';
import type { Box, Picture } from './picture.ts';
import { meanLuma } from './picture.ts';
import { type Stages, startStages } from './stages.ts';

/** Where faces are, the largest first. Boxes in pixels of the working picture. */
export interface Sighting {
  readonly width: number;
  readonly height: number;
  /** The upright and turned picture before it was reduced, in pixels: boxes times its width / `width` lie in it. */
  readonly source: Size;
  readonly faces: readonly { readonly box: Box; readonly score: number }[];
  /** Mean luma 0..1 of the largest face, of the picture when there is no face. */
  readonly luma: number;
}

/** One whole look. */
export interface Look extends Sighting {
  /** Absent when no face was found. */
  readonly subject?: Subject;
  readonly stages: Stages;
}

/** One frame of a challenge: where the face is, how it is turned and what light falls on it. */
export interface Track extends Sighting {
  /** These two are absent when no face was found. */
  readonly landmarks?: Landmarks;
  readonly regions?: RegionColours;
  readonly fingerprint: FrameFingerprint;
}

/** What live guidance sees of a small picture. */
export interface Glance extends Sighting {
  /** Mean luma 0..1 around the largest face, of the picture when there is none. */
  readonly surroundings: number;
  /** Of the largest face; absent when there is none, it is too small to tell, or nobody asked. */
  readonly glimpse?: Glimpse;
}

export interface LookOptions {
  /** The upright picture is turned clockwise by it before anything else. */
  readonly turn?: Turn;
  /** Of a glance: nobody asks for more than where faces are. */
  readonly facesOnly?: boolean;
  /** Estimate the age of the largest face; needs the optional model. */
  readonly age?: boolean;
}

/** A picture to look at. */
export interface LookRequest {
  readonly image: Uint8Array;
  readonly options?: LookOptions | undefined;
}

/**
 * The pipeline over batches. Every picture of a batch gets the answer that it would get alone: what is refused or fails
 * is so by itself.
 */
export interface Looker {
  /** Everything that can be seen in each picture. */
  looks(requests: readonly LookRequest[]): Promise<(Look | Refused | Failed)[]>;
  /** Detection and landmarks. */
  tracks(requests: readonly LookRequest[]): Promise<(Track | Refused)[]>;
  /** Detection on small pictures and, of the largest face, how it is turned, lit and covered. */
  glances(requests: readonly LookRequest[]): Promise<(Glance | Refused)[]>;
  /** One look. @throws Error when it failed */
  look(image: Uint8Array, options?: LookOptions): Promise<Look | Refused>;
  /**
   * Takes every path with every batch size, so that the first real picture is as quick as the next. @returns what each
   * kind of batch takes, by size
   */
  warm(sizes?: readonly number[]): Promise<Costs>;
}

/** Milliseconds of a batch, by its kind and size. */
export type Costs = Readonly<Record<'look' | 'track' | 'glance', Record<number, number>>>;

/** A decoded picture and the faces in it. */
interface Frame {
  readonly request: LookRequest;
  readonly picture: Decoded;
  readonly faces: readonly DetectedFace[];
}

/** The pipeline over one set of models. Calls must follow one another: one looker serves one worker. */
export function createLooker(models: Models): Looker {
  const inference = createInference(models);

  /** Decodes and detects; one entry for each request. */
  async function open(
    requests: readonly LookRequest[],
    side: number,
    canvasOf: (picture: Size) => Size,
    { timed } = startStages(),
  ): Promise<(Frame | Refused)[]> {
    const decoded = await timed('decode', () =>
      Promise.all(requests.map(({ image, options }) => decode(image, side, options?.turn))),
    );
    const pictures = decoded.filter((picture): picture is Decoded => !('refused' in picture));
    const found = await timed('detect', () => inference.detect(pictures, canvasOf));
    const facesOf = new Map(pictures.map((picture, row) => [picture, found[row] ?? []]));
    return requests.map((request, row) => {
      const picture = decoded[row] ?? { refused: '' };
      return 'refused' in picture ? picture : { request, picture, faces: facesOf.get(picture) ?? [] };
    });
  }

  async function looks(requests: readonly LookRequest[]): Promise<(Look | Refused | Failed)[]> {
    const clock = startStages();
    inference.takeModelMs();
    const frames = await open(requests, WORKING_SIDE, exactCanvas, clock);
    const subjects = await examine(inference, frames.flatMap(seenIn), clock.timed);
    clock.stages.models = inference.takeModelMs();
    return frames.map((frame) => {
      if ('refused' in frame) return frame;
      const subject = subjects.get(frame.picture);
      if (subject && 'failed' in subject) return subject;
      return { ...describe(frame), ...(subject ? { subject } : {}), stages: clock.stages };
    });
  }

  async function tracks(requests: readonly LookRequest[]): Promise<(Track | Refused)[]> {
    const frames = await open(requests, WORKING_SIDE, exactCanvas);
    const seen = frames.flatMap(seenIn);
    const meshes = await inference.mesh(seen);
    const landmarksOf = new Map<Picture, Landmarks | undefined>(
      seen.map(({ picture }, row) => [picture, meshes[row]]),
    );
    return frames.map((frame) => {
      if ('refused' in frame) return frame;
      const { picture, request } = frame;
      const landmarks = landmarksOf.get(picture);
      return {
        ...describe(frame),
        ...(landmarks ? { landmarks, regions: regionColours(picture, landmarks.mesh) } : {}),
        fingerprint: fingerprint(request.image, picture),
      };
    });
  }

  async function glances(requests: readonly LookRequest[]): Promise<(Glance | Refused)[]> {
    const frames = await open(requests, GUIDANCE_SIDE, tightCanvas);
    const seen = frames.flatMap((frame) =>
      'refused' in frame || frame.request.options?.facesOnly === true ? [] : seenIn(frame),
    );
    const large = seen.filter(({ face }) => face.box.width >= GLIMPSE_WIDTH_MIN);
    const meshes = await inference.mesh(large);
    const landmarksOf = new Map<Picture, Landmarks | undefined>(
      large.map(({ picture }, row) => [picture, meshes[row]]),
    );
    return frames.map((frame) => {
      if ('refused' in frame) return frame;
      const { picture, faces } = frame;
      const landmarks = landmarksOf.get(picture);
      return {
        ...describe(frame),
        surroundings: faces[0] ? surroundingsLuma(picture, faces[0].box) : meanLuma(picture),
        ...(landmarks ? { glimpse: takeGlimpse(picture, landmarks) } : {}),
      };
    });
  }

  async function look(image: Uint8Array, options?: LookOptions): Promise<Look | Refused> {
    const [result] = await looks([{ image, options }]);
    if (result === undefined || 'failed' in result) throw new Error(result?.failed ?? 'no answer');
    return result;
  }

  /** One batch of each kind with a face in every picture. @returns its milliseconds */
  async function rehearse(size: number): Promise<Record<keyof Costs, number>> {
    const blank: Picture = { width: 640, height: 480, rgb: new Uint8Array(640 * 480 * 3) };
    const image = await encodeBlank(blank);
    const requests = Array.from({ length: size }, () => ({ image }));
    const seen = requests.map(({ image: bytes }) => ({
      bytes,
      picture: { ...blank },
      face: SOMEWHERE,
      age: models.age !== undefined,
    }));
    const opened = await elapsed(() => open(requests, WORKING_SIDE, exactCanvas));
    const examined = await elapsed(() => examine(inference, seen, startStages().timed));
    const meshed = await elapsed(() => inference.mesh(seen));
    return {
      look: opened + examined,
      track: opened + meshed,
      // Nothing to see in a blank picture: with a face there is its mesh.
      glance: (await elapsed(() => glances(requests))) + meshed,
    };
  }

  async function warm(sizes: readonly number[] = [1]): Promise<Costs> {
    const costs: Costs = { look: {}, track: {}, glance: {} };
    for (const size of sizes) {
      await rehearse(size);
      const measured = await rehearse(size);
      for (const kind of ['look', 'track', 'glance'] as const) costs[kind][size] = measured[kind];
    }
    return costs;
  }

  return { looks, tracks, glances, look, warm };
}

/** A face to warm the models with. */
const SOMEWHERE: DetectedFace = {
  box: { left: 220, top: 120, width: 200, height: 240 },
  score: 1,
  points: [280, 360, 320, 290, 350].map((x, index) => ({ x, y: [200, 200, 250, 300, 300][index] ?? 0 })),
};

async function elapsed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** The largest face of a frame; nothing without one. */
function seenIn(frame: Frame | Refused): Seen[] {
  if ('refused' in frame) return [];
  const { request, picture, faces } = frame;
  const [face] = faces;
  return face ? [{ bytes: request.image, picture, face, age: request.options?.age ?? false }] : [];
}

function describe({ picture, faces }: Frame): Sighting {
  return {
    width: picture.width,
    height: picture.height,
    source: picture.source,
    faces: faces.map(({ box, score }) => ({ box, score })),
    luma: meanLuma(picture, faces[0]?.box),
  };
}
