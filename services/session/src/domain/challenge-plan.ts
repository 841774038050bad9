import type { LivenessMethod } from './features/liveness-method.ts';

/** One colour of the screen. Milliseconds since the start of the challenge. */
interface PlannedColour {
  /** 0xRRGGBB, sRGB. */
  readonly colour: number;
  readonly startsAtMs: number;
  readonly durationMs: number;
}

/** As the person sees it: left is the person's left. */
export type HeadPose = 'front' | 'left' | 'right' | 'up' | 'down';

/** One pose. Milliseconds since the start of the challenge; it has to be reached within `withinMs` of its prompt. */
interface PlannedPose {
  readonly pose: HeadPose;
  readonly promptedAtMs: number;
  readonly withinMs: number;
}

/** What a page is told to show or to ask for. Plain data: it is stored as it is. */
export type ChallengePlan =
  | { readonly method: 'PASSIVE' }
  | { readonly method: 'FLASHING'; readonly steps: readonly PlannedColour[] }
  | { readonly method: 'ACTIVE_3D'; readonly steps: readonly PlannedPose[] };

/** A random integer from `from` up to, not including, `to`; nobody may be able to tell it in advance. */
export type RandomInteger = (from: number, to: number) => number;

/** Saturated, so that each has a channel that it lights and one that it leaves dark. */
const colours = [0xff0000, 0x00ff00, 0x0000ff, 0x00ffff, 0xff00ff, 0xffff00] as const;
/**
 * A flash, as WCAG 2.3.1 counts them, is a change and its way back. At 350 ms and more the screen changes less than three
 * times a second, so no order of colours makes more than one and a half flashes a second, where three are the limit. At 450
 * ms and less the six are over within 2.7 s.
 */
const colourMs = { min: 350, max: 450 } as const;

const asides = ['left', 'right', 'up', 'down'] as const;
const posesAsked = 3;
/** The head is seen at rest before the first prompt: poses are measured against it. */
const firstPromptMs = 600;
/** Slow people turn their head in two seconds; four leave time to read. */
const poseMs = 4_000;

/**
 * Draws a challenge. FLASHING: six colours, each once, 720 orders, each of a length of its own. ACTIVE_3D: three different
 * poses in 24 orders, so at least one of them to a side, where a head shows that it is no print. The head comes back to the
 * front after each: who goes from one pose straight to another begins the next movement before it is asked for, which reads
 * as a recording.
 */
export function planChallenge(method: LivenessMethod, random: RandomInteger): ChallengePlan {
  switch (method) {
    case 'PASSIVE':
      return { method };
    case 'FLASHING':
      return { method, steps: inTurn(shuffled(colours, random), random) };
    case 'ACTIVE_3D': {
      const poses = shuffled(asides, random)
        .slice(0, posesAsked)
        .flatMap((pose): HeadPose[] => [pose, 'front']);
      return {
        method,
        steps: poses.map((pose, at) => ({
          pose,
          promptedAtMs: firstPromptMs + at * poseMs,
          withinMs: poseMs,
        })),
      };
    }
  }
}

/** Without a gap: what is between two colours would be a third one. */
function inTurn(order: readonly number[], random: RandomInteger): PlannedColour[] {
  let startsAtMs = 0;
  return order.map((colour) => {
    const durationMs = random(colourMs.min, colourMs.max + 1);
    const step = { colour, startsAtMs, durationMs };
    startsAtMs += durationMs;
    return step;
  });
}

/** Every order is as likely as any other (Fisher and Yates). */
function shuffled<T>(items: readonly T[], random: RandomInteger): T[] {
  const left = [...items];
  return items.flatMap(() => left.splice(random(0, left.length), 1));
}
