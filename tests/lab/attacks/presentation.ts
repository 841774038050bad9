import type { Random } from '../../chaos/random.ts';
import type { Portrait } from './portraits.ts';

/** What is shown to the system, as the capture page would send it. */
export type Presentation = StillPresentation | ChallengedPresentation | MorphPresentation;

/** One passive frame. */
export interface StillPresentation {
  readonly kind: 'still';
  readonly image: Uint8Array<ArrayBuffer>;
  /** Of somebody's own recording. */
  readonly file?: string;
}

/** The frames of an active method, with the challenge that the server had set. */
export interface ChallengedPresentation {
  readonly kind: 'challenged';
  readonly image: Uint8Array<ArrayBuffer>;
  readonly frames: readonly TimedFrame[];
  readonly challenge: LabChallenge;
  /** Of somebody's own recording. */
  readonly file?: string;
}

/** A portrait of two people in one, submitted as the reference of a session, and looks of both at it afterwards. */
export interface MorphPresentation {
  readonly kind: 'morph';
  readonly image: Uint8Array<ArrayBuffer>;
  /** Other photos of either contributor, by name. */
  readonly probes: readonly (readonly string[])[];
}

export interface TimedFrame {
  readonly image: Uint8Array<ArrayBuffer>;
  readonly takenAtMs: number;
}

/** A challenge as the proto has it. Times in milliseconds since its start. */
export type LabChallenge =
  | { readonly method: 'flash'; readonly steps: readonly FlashStep[] }
  | { readonly method: 'motion'; readonly steps: readonly MotionStep[] };

export interface FlashStep {
  /** 0xRRGGBB */
  readonly colour: number;
  readonly startsAtMs: number;
  readonly durationMs: number;
}

/** As the person sees it: left is the person's left. */
export type HeadPose = 'front' | 'left' | 'right' | 'up' | 'down';

export interface MotionStep {
  readonly pose: HeadPose;
  readonly promptedAtMs: number;
  readonly withinMs: number;
}

/** What generators draw from. */
export interface Kit {
  readonly portraits: readonly Portrait[];
  /** Tight greyscale crops of further people: for matching only. */
  readonly crops: readonly Portrait[];
}

/** One way to attack, or the bona fide ways to use the system. */
export interface Species {
  readonly id: string;
  readonly title: string;
  readonly sort: 'attack' | 'bona fide';
  /** Never used to choose a constant, here or in the product. */
  readonly heldOut?: true;
  /** Real pictures instead of simulated ones. */
  readonly real?: true;
  /** How many presentations a full and a quick run make. */
  readonly full: number;
  readonly quick: number;
  /** The same random and index give the same bytes. */
  make(kit: Kit, random: Random, index: number): Promise<Presentation>;
}

/** Every person comes up as often as any other, and so does every photo of a person. */
export function pickPortrait({ portraits }: Pick<Kit, 'portraits'>, random: Random): Portrait {
  const person = random.pick([...new Set(portraits.map((portrait) => portrait.person))]);
  return random.pick(portraits.filter((portrait) => portrait.person === person));
}

/** Of another person, whose head is turned about the same way: within 12 degrees. */
export function pickAlike({ portraits }: Kit, random: Random, other: Portrait): Portrait {
  const alike = ({ person, yaw }: Portrait) => person !== other.person && Math.abs(yaw - other.yaw) < 12;
  return pickPortrait({ portraits: portraits.filter(alike) }, random);
}

/** A challenge and its frames; the first is the frame that is compared and judged like a passive one. */
export function challenged(challenge: LabChallenge, frames: readonly TimedFrame[]): ChallengedPresentation {
  const [first] = frames;
  if (first === undefined) throw new Error('a challenge without frames');
  return { kind: 'challenged', image: first.image, frames, challenge };
}
