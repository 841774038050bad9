import { type InspectedPicture, inspectMedia, type MediaFacts } from '../forensics/inspect.ts';
import type { DetectedFace } from './detection.ts';
import { normalised } from './embedding.ts';
import type { Inference } from './inference.ts';
import type { Landmarks } from './landmarks.ts';
import { liveProbability } from './liveness.ts';
import type { Picture } from './picture.ts';
import type { Timed } from './stages.ts';

/** The largest face of a picture. */
export interface Seen {
  /** The file, as it was sent. */
  readonly bytes: Uint8Array;
  readonly picture: InspectedPicture;
  readonly face: DetectedFace;
  /** Whether its age is asked for. */
  readonly age: boolean;
}

/** What was measured of the largest face, in the models' own units. */
export interface Subject {
  readonly landmarks: Landmarks;
  /** 0..1 of the quality model. */
  readonly quality: number;
  /** Probability 0..1. */
  readonly live: number;
  readonly liveBy: { readonly near: readonly number[]; readonly far: readonly number[] };
  /** What the picture tells of how it came to be and of what covers the face. */
  readonly media: MediaFacts;
  /** Years, when they were asked for. */
  readonly age?: number;
  /** Length 1. Never leaves the process. */
  readonly embedding: Float32Array<ArrayBuffer>;
}

/** A picture that could be decoded and could not be judged: a model gave something impossible. */
export interface Failed {
  readonly failed: string;
}

/** Examines the largest face of each picture. What fails fails by itself; a model that throws fails the whole batch. */
export async function examine(
  inference: Inference,
  seen: readonly Seen[],
  timed: Timed,
): Promise<Map<Picture, Subject | Failed>> {
  const meshes = await timed('mesh', () => inference.mesh(seen));
  const aligned = seen.map((one, row) => ({ ...one, landmarks: present(meshes[row]) }));
  const embedded = await timed('embed', () => inference.embed(aligned));
  const qualities = await timed('quality', () => inference.quality(aligned));
  const [near, far] = await timed('liveness', async () => [
    await inference.liveness('near', seen),
    await inference.liveness('far', seen),
  ]);
  const asked = seen.filter(({ age }) => age);
  const years = await timed('age', () => inference.age(asked));
  const media = await timed('media', async () =>
    aligned.map(({ bytes, picture, face, landmarks }) =>
      inspectMedia(bytes, picture, { box: face.box, landmarks }),
    ),
  );
  const ageOf = new Map(asked.map((one, row) => [one, years[row]]));
  return new Map(
    aligned.map(({ picture, landmarks }, row) => [
      picture,
      describe(landmarks, {
        embedded: present(embedded[row]),
        quality: present(qualities[row]),
        near: present(near?.[row]),
        far: present(far?.[row]),
        media: media[row] ?? [],
        age: ageOf.get(present(seen[row])),
      }),
    ]),
  );
}

/** What the models gave for one face. */
interface Measured {
  readonly embedded: Float32Array;
  readonly quality: number;
  readonly near: Float32Array;
  readonly far: Float32Array;
  readonly media: MediaFacts;
  readonly age: number | undefined;
}

function describe(landmarks: Landmarks, measured: Measured): Subject | Failed {
  const { embedded, quality, near, far, media, age } = measured;
  try {
    return {
      landmarks,
      quality,
      live: liveProbability(near, far),
      liveBy: { near: [...near], far: [...far] },
      media,
      ...(age === undefined ? {} : { age }),
      embedding: normalised(embedded),
    };
  } catch (error) {
    return { failed: error instanceof Error ? error.message : 'unknown' };
  }
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a model gave too few answers');
  return value;
}
