import { readFileSync } from 'node:fs';
import { type ChallengeFrame, judgeChallenge } from '@selfsame/biometrics/challenge/judge';
import { chooseSamples, type Sample } from '@selfsame/biometrics/challenge/person';
import { similarityScore } from '@selfsame/biometrics/domain/calibration';
import { ENROL_GATES, findProblem } from '@selfsame/biometrics/domain/gates';
import type { Look, Looker } from '@selfsame/biometrics/pipeline/look';
import { createTransform, protectedCosine } from '@selfsame/biometrics/protection/transform';
import { facePath } from '@selfsame/testing/assets';
import type { Random } from '../../chaos/random.ts';
import type {
  ChallengedPresentation,
  LabChallenge,
  MorphPresentation,
  Presentation,
} from './presentation.ts';
import { judge, type Verdict } from './verdict.ts';

/** What became of one presentation. */
export interface Outcome extends Verdict {
  readonly species: string;
  readonly index: number;
  /** Of somebody's own recording. */
  readonly file?: string;
  /** Of a morph: similarity 0..100 of every look of either contributor with the portrait. */
  readonly similarities?: readonly (readonly number[])[];
}

/** How many frames of a challenge get a whole look, as in the service; here the seed draws them. */
const SAMPLES = 4;

/** Runs presentations through the pipeline of one thread. */
export function createExaminer(looker: Looker) {
  const enrolled = new Map<string, Promise<Int8Array>>();
  const protect = createTransform(new Uint8Array(32).fill(7));

  async function lookAt(image: Uint8Array): Promise<Look> {
    const look = await looker.look(image);
    if ('refused' in look) throw new Error(`a presentation that does not decode: ${look.refused}`);
    return look;
  }

  async function examine(
    presentation: Presentation,
    random: Random,
  ): Promise<Omit<Outcome, 'species' | 'index'>> {
    const look = await lookAt(presentation.image);
    switch (presentation.kind) {
      case 'still':
        return judge(look, undefined);
      case 'challenged':
        return judge(look, await challengeOf(presentation, look, random));
      case 'morph':
        return morphOutcome(presentation, look);
    }
  }

  async function challengeOf({ frames, challenge }: ChallengedPresentation, look: Look, random: Random) {
    const tracked: ChallengeFrame[] = [];
    for (const { image, takenAtMs } of frames) {
      const [track] = await looker.tracks([{ image }]);
      if (track === undefined || 'refused' in track) throw new Error('a frame that does not decode');
      const { regions, landmarks, fingerprint } = track;
      tracked.push({ takenAtMs, regions, landmarks, fingerprint });
    }
    const withFace = frames.filter((_, at) => tracked[at]?.landmarks !== undefined);
    const samples: Sample[] = [];
    for (const at of chooseSamples(withFace.length, SAMPLES, () => random.next())) {
      const frame = withFace[at];
      const subject = frame && (await lookAt(frame.image)).subject;
      if (subject) samples.push({ embedding: subject.embedding, live: subject.live });
    }
    return judgeChallenge(asked(challenge), tracked, samples, look.subject?.embedding);
  }

  /** The portrait has to be good enough to be bound; then both people come and match it, or do not. */
  async function morphOutcome(
    { probes }: MorphPresentation,
    look: Look,
  ): Promise<Omit<Outcome, 'species' | 'index'>> {
    const verdict = judge(look, undefined);
    const gate = findProblem(look, ENROL_GATES) ?? null;
    const reference = look.subject && protect(look.subject.embedding);
    const similarities: number[][] = [];
    for (const names of probes) {
      const scores: number[] = [];
      for (const name of names) {
        if (reference) scores.push(similarityScore(protectedCosine(reference, await templateOf(name))));
      }
      similarities.push(scores);
    }
    const weakest = gate === null ? Math.min(...similarities.map((scores) => Math.max(0, ...scores))) : 0;
    const statusAt = (decline: number, review: number) =>
      weakest <= decline ? 'Declined' : weakest <= review ? 'In Review' : 'Approved';
    const status = statusAt(50, 70);
    return {
      ...verdict,
      gate,
      similarities,
      status,
      statusWithMedia: status === 'Approved' ? verdict.statusWithMedia : status,
      approvedAt: [30, 50, 70].map((score) => weakest > score),
      risks: status === 'Approved' ? [] : ['LOW_FACE_MATCH_SIMILARITY'],
    };
  }

  function templateOf(name: string): Promise<Int8Array> {
    const known = enrolled.get(name);
    if (known) return known;
    const made = lookAt(new Uint8Array(readFileSync(facePath(name)))).then(({ subject }) => {
      if (subject === undefined) throw new Error(`no face in ${name}`);
      return protect(subject.embedding);
    });
    enrolled.set(name, made);
    return made;
  }

  return { examine };
}

function asked(challenge: LabChallenge) {
  return challenge.method === 'flash'
    ? ({ kind: 'flash', steps: challenge.steps } as const)
    : ({ kind: 'motion', steps: challenge.steps } as const);
}
