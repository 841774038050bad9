import { similarityScore } from '@selfsame/biometrics/domain/calibration';
import {
  createTransform,
  type ProtectedTemplate,
  protectedCosine,
} from '@selfsame/biometrics/protection/transform';
import type { FaceSet } from '../templates/faces.ts';
import { follow, mean, type Rule, take } from './rule.ts';

/** What a rule does on photos. Scores 0..100. */
export interface OnPhotos {
  /** Enrolments, each with a photo of the person that took no part. */
  readonly trials: number;
  /** Share of them in which at least one look was blended in. */
  readonly adapted: number;
  readonly genuineBefore: number;
  readonly genuineAfter: number;
  /** Share of the photos left out that read less by more than a point. */
  readonly worse: number;
  readonly impostorBefore: number;
  readonly impostorAfter: number;
  /** Comparisons of strangers at or above 30, which one in a thousand reaches. */
  readonly impostorsTried: number;
  readonly acceptedBefore: number;
  readonly acceptedAfter: number;
  /** The most that a stranger reads. */
  readonly impostorMaxBefore: number;
  readonly impostorMaxAfter: number;
}

const VISITS = 50;
const NOTICEABLE = 1;
const ACCEPTED = 30;

/**
 * Every photo of everybody is enrolled once for every other photo of the same person that is left out: 50 sign-ins with the
 * rest in turn, then the one left out and all photos of others are compared with what was enrolled and with what became of it.
 */
export function onPhotos({ embeddings, people }: FaceSet, rule: Rule): OnPhotos {
  // One key for the run; which one, angles do not tell.
  const protect = createTransform(Buffer.alloc(32, 7));
  const photos = embeddings.map(protect);
  const genuine: { before: number; after: number; adapted: boolean }[] = [];
  const impostor: { before: number; after: number }[] = [];
  for (const [enrolled, anchor] of photos.entries()) {
    for (const [left, probe] of photos.entries()) {
      if (left === enrolled || people[left] !== people[enrolled]) continue;
      const others = photos.filter(
        (_, index) => index !== enrolled && index !== left && people[index] === people[enrolled],
      );
      if (others.length === 0) continue;
      const followed = follow(anchor);
      for (let visit = 0; visit < VISITS; visit += 1) {
        const look = others[visit % others.length];
        if (look !== undefined) take(followed, look, rule);
      }
      const both = (one: ProtectedTemplate) => ({
        before: similarityScore(protectedCosine(anchor, one)),
        after: similarityScore(protectedCosine(followed.template, one)),
      });
      genuine.push({ ...both(probe), adapted: followed.adaptations > 0 });
      const strangers = photos.filter((_, index) => people[index] !== people[enrolled]);
      impostor.push(...strangers.map(both));
    }
  }
  const share = <T>(list: readonly T[], holds: (each: T) => boolean) =>
    list.filter(holds).length / list.length;
  return {
    trials: genuine.length,
    adapted: share(genuine, ({ adapted }) => adapted),
    genuineBefore: mean(genuine.map(({ before }) => before)),
    genuineAfter: mean(genuine.map(({ after }) => after)),
    worse: share(genuine, ({ before, after }) => after < before - NOTICEABLE),
    impostorBefore: mean(impostor.map(({ before }) => before)),
    impostorAfter: mean(impostor.map(({ after }) => after)),
    impostorsTried: impostor.length,
    acceptedBefore: impostor.filter(({ before }) => before >= ACCEPTED).length,
    acceptedAfter: impostor.filter(({ after }) => after >= ACCEPTED).length,
    impostorMaxBefore: impostor.reduce((most, { before }) => Math.max(most, before), 0),
    impostorMaxAfter: impostor.reduce((most, { after }) => Math.max(most, after), 0),
  };
}
