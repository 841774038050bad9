import type { ChallengeView, HeadPose, PageFacts } from '../../../src/wire.ts';
import { pause } from '../client.ts';
import { packBundle } from './bundle.ts';
import type { CameraFacts } from './camera-facts.ts';
import { signPictures } from './device-key.ts';
import { flash, isShowable } from './flashing.ts';
import { takeFrame } from './picture.ts';
import { framesOf, type Shot } from './shots.ts';
import { followPrompts, type HeadWatch, type Prompt } from './turning.ts';

/** What is on the stage beside the oval. */
export type Act =
  | { readonly is: 'guiding' }
  /** Seconds until the first colour. */
  | { readonly is: 'counting'; readonly seconds: number }
  | { readonly is: 'flashing' }
  | { readonly is: 'turning'; readonly prompt: Prompt }
  /** A pose was not reached: once more, without a try spent. */
  | { readonly is: 'missed'; readonly pose: HeadPose }
  /** The picture is taken and the service has not said what for. */
  | { readonly is: 'waiting' };

/** Everything that a look is made with. */
export interface Scene {
  readonly video: HTMLVideoElement;
  /** Keeps the frame that is compared. */
  readonly still: HTMLCanvasElement;
  readonly head: HeadWatch;
  readonly signal: AbortSignal;
  /** Null: it cannot be had now. */
  readonly challenge: () => Promise<ChallengeView | null>;
  /** Resolves when the session has been opened: before that nobody knows what is to be shown. */
  readonly opened: () => Promise<void>;
  /** How the page was used, for the service to weigh. */
  readonly behaviour: () => PageFacts;
  readonly facts: () => CameraFacts;
  readonly act: (act: Act) => void;
  /** Fills the screen with a colour; null: dark. */
  readonly fill: (colour: string | null) => void;
}

/**
 * How a look ended. missed: a movement was not seen, nothing is sent yet. unshowable: the service asks for something that
 * this page does not do to anybody. unavailable: no challenge could be had. stopped: the user, or the page was hidden.
 */
export type Performed =
  | { readonly is: 'done'; readonly body: Blob }
  | { readonly is: 'missed'; readonly pose: HeadPose }
  | { readonly is: 'unshowable' | 'unavailable' | 'stopped' };

/** Waiting times between two questions for a challenge. */
const challengeDelaysMs = [500, 1_000, 2_000, 4_000];
/** One frame alone may go without a challenge after this long. */
const passivePatienceMs = 3_000;
const countdownSeconds = 3;

/**
 * Performs one look: the frame that is compared, and what its challenge asks for.
 * @param mayMiss send what was seen even when a movement was missed
 */
export async function performLook(
  scene: Scene,
  method: ChallengeView['asked']['method'],
  mayMiss: boolean,
): Promise<Performed> {
  const { signal } = scene;
  const image = await takeFrame(scene.video, scene.still);
  if (image === null || signal.aborted) return { is: 'stopped' };
  const challenge = await challengeFor(scene, method);
  if (signal.aborted) return { is: 'stopped' };
  if (challenge === null && method !== 'PASSIVE') return { is: 'unavailable' };
  const answered = challenge === null ? nothing : await answer(scene, challenge, mayMiss);
  if ('is' in answered) return answered;
  const body = await packBundle(
    {
      image,
      frames: await framesOf(answered.shots),
      shownAtMs: answered.shownAtMs,
      nonce: challenge?.nonce ?? '',
      camera: scene.facts(),
      page: scene.behaviour(),
    },
    signPictures,
  );
  return signal.aborted ? { is: 'stopped' } : { is: 'done', body };
}

interface Answered {
  readonly shots: readonly Shot[];
  readonly shownAtMs: readonly number[];
}

const nothing: Answered = { shots: [], shownAtMs: [] };

/** The challenge, waited for as long as its method needs it. */
async function challengeFor(
  { challenge, opened, act, signal }: Scene,
  method: string,
): Promise<ChallengeView | null> {
  const waiting = setTimeout(() => act({ is: 'waiting' }), 400);
  try {
    await opened();
    if (signal.aborted) return null;
    if (method === 'PASSIVE') {
      const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), passivePatienceMs));
      return await Promise.race([challenge(), late]);
    }
    for (const delayMs of [...challengeDelaysMs, null]) {
      const found = await challenge();
      if (found !== null || delayMs === null || signal.aborted) return found;
      await pause(delayMs, signal);
    }
    return null;
  } finally {
    clearTimeout(waiting);
  }
}

async function answer(
  scene: Scene,
  { asked }: ChallengeView,
  mayMiss: boolean,
): Promise<Answered | Exclude<Performed, { is: 'done' }>> {
  const { video, head, signal, act, fill } = scene;
  switch (asked.method) {
    case 'PASSIVE':
      return nothing;
    case 'FLASHING': {
      if (!isShowable(asked.steps)) return { is: 'unshowable' };
      for (let seconds = countdownSeconds; seconds > 0; seconds--) {
        act({ is: 'counting', seconds });
        await pause(1_000, signal);
        if (signal.aborted) return { is: 'stopped' };
      }
      act({ is: 'flashing' });
      return (await flash(video, asked.steps, fill, signal)) ?? { is: 'stopped' };
    }
    case 'ACTIVE_3D': {
      const turned = await followPrompts(
        video,
        asked.steps,
        head,
        (prompt) => act({ is: 'turning', prompt }),
        !mayMiss,
        signal,
      );
      if (turned === null) return { is: 'stopped' };
      return turned.missed !== null && !mayMiss ? { is: 'missed', pose: turned.missed } : turned;
    }
  }
}
