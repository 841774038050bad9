import { qualityScore, similarityScore } from '@selfsame/biometrics/domain/calibration';
import type { Looker } from '@selfsame/biometrics/pipeline/look';
import { createTransform, protectedCosine } from '@selfsame/biometrics/protection/transform';
import { judge, type Status } from '../attacks/verdict.ts';
import type { CameraFrame } from './frames.ts';

/** What the product finds in one picture as it was sent. */
export interface Found {
  readonly bytes: number;
  /** By the LIVENESS feature without settings. */
  readonly status: Status;
  /** What the user would be asked to mend; null: nothing. */
  readonly problem: string | null;
  /** 0..100; 0 without a face. */
  readonly liveness: number;
  readonly quality: number;
  /** With every reference of the same person, mean; undefined for attacks and without a reference. */
  readonly match: number | undefined;
  /** Names of raised media signals. */
  readonly signals: readonly string[];
}

/** Templates of one person's untouched photos, by name of the photo. */
export type References = ReadonlyMap<string, Int8Array>;

const protect = createTransform(new Uint8Array(32).fill(5));

/** Enrols photos as files. */
export async function enrol(looker: Looker, photos: readonly { name: string; bytes: Uint8Array }[]) {
  const references = new Map<string, Int8Array>();
  for (const { name, bytes } of photos) {
    const look = await looker.look(bytes);
    if ('refused' in look || look.subject === undefined) throw new Error(`no face in ${name}`);
    references.set(name, protect(look.subject.embedding));
  }
  return references;
}

/** Runs a picture through the pipeline and weighs it as the services do. */
export async function find(
  looker: Looker,
  image: Uint8Array,
  frame: CameraFrame,
  references: References,
): Promise<Found> {
  const bytes = image.length;
  const look = await looker.look(image);
  if ('refused' in look) throw new Error(look.refused);
  const { status, gate, liveness, signals } = judge(look, undefined);
  const { subject } = look;
  return {
    bytes,
    status,
    problem: gate,
    liveness: liveness ?? 0,
    quality: subject === undefined ? 0 : qualityScore(subject.quality),
    match: frame.sort === 'attack' ? undefined : matchOf(subject?.embedding, frame, references),
    signals,
  };
}

/** Other photos of the same person: a photo matches itself whatever is done to it. */
function matchOf(
  embedding: Float32Array | undefined,
  { portrait }: CameraFrame,
  references: References,
): number | undefined {
  const others = [...references].filter(
    ([name]) => name !== portrait.name && name.slice(4, 7) === portrait.person,
  );
  if (others.length === 0) return undefined;
  if (embedding === undefined) return 0;
  const own = protect(embedding);
  const scores = others.map(([, reference]) => similarityScore(protectedCosine(reference, own)));
  return scores.reduce((sum, score) => sum + score, 0) / scores.length;
}
