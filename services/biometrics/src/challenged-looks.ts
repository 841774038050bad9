import { randomInt } from 'node:crypto';
import { Failure } from '@selfsame/runtime/errors';
import { inSpan } from '@selfsame/runtime/telemetry';
import type { ChallengeJudgement } from './challenge/challenge.ts';
import { type AskedChallenge, type ChallengeFrame, judgeChallenge } from './challenge/judge.ts';
import { chooseSamples, type Sample } from './challenge/person.ts';
import type { Context } from './context.ts';

/** What a page was told to do, and the frames it took meanwhile, in the order in which it took them. */
export interface ChallengeAttempt {
  readonly asked: AskedChallenge;
  readonly frames: readonly { readonly image: Uint8Array; readonly takenAtMs: number }[];
}

/** Judges a challenge once it is known whose face is compared: undefined when that picture shows none. */
export type Judge = (compared: Float32Array | undefined) => ChallengeJudgement;

/** Frames of one challenge that are in the pool at once: enough for every thread, and others are let in between. */
const TRACKS_AT_ONCE = 8;
/** Frames that are looked at wholly, for identity and liveness. Each takes as long as three that are tracked. */
const SAMPLES = 4;

/**
 * Looks at the frames of a challenge: where the face is in each, and wholly at a few that nobody can guess.
 * @throws Failure those of every look
 */
export function followChallenge(
  { pool }: Pick<Context, 'pool'>,
  { asked, frames }: ChallengeAttempt,
  signal: AbortSignal,
): Promise<Judge> {
  return inSpan('biometrics.challenge', { 'challenge.frames': frames.length }, async (span) => {
    const start = performance.now();
    const tracked = await inOrder(frames, async ({ image, takenAtMs }, at): Promise<ChallengeFrame> => {
      // A copy: the pool takes the memory along, and some frames are looked at again.
      const { result } = await pool.track(new Uint8Array(image), signal);
      if ('refused' in result) throw undecodable(at, result.refused);
      const { fingerprint, regions, landmarks } = result;
      return { takenAtMs, fingerprint, regions, landmarks };
    });
    span.setAttribute('challenge.tracks_ms', performance.now() - start);

    const withFace = frames.filter((_, at) => tracked[at]?.landmarks !== undefined);
    const chosen = chooseSamples(withFace.length, SAMPLES, unguessable).flatMap((at) => withFace[at] ?? []);
    const looks = await inOrder(chosen, async ({ image }) => pool.look(new Uint8Array(image), signal));
    const samples = looks.flatMap(({ result }): Sample[] =>
      'refused' in result || result.subject === undefined
        ? []
        : [{ embedding: result.subject.embedding, live: result.subject.live }],
    );
    span.setAttribute('challenge.looks_ms', performance.now() - start);
    return (compared) => judgeChallenge(asked, tracked, samples, compared);
  });
}

/** 0..1, and unlike those of Math.random not to be told from earlier ones. */
function unguessable(): number {
  return randomInt(2 ** 32) / 2 ** 32;
}

/** Works through a list, TRACKS_AT_ONCE at a time; after a failure nothing more is begun. */
async function inOrder<T, R>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  let failed = false;
  const worker = async () => {
    while (!failed) {
      const at = next;
      const item = items[at];
      if (item === undefined) return;
      next += 1;
      try {
        results[at] = await work(item, at);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(TRACKS_AT_ONCE, items.length) }, worker));
  return results;
}

function undecodable(at: number, reason: string): Failure {
  return new Failure('invalid', 'image_undecodable', `Frame ${at + 1} of the challenge: ${reason}`);
}
