import type { FaceBox } from '../../src/wire.ts';
import { type Hint, type Judgement, judge, type Reading } from './face-judgement.ts';
import { type Offset, offsetOf } from './outline.ts';

export type { Hint, Reading };

/** Everything guidance remembers between two readings. */
export interface Guide {
  readonly startedAt: number;
  readonly hint: Hint;
  readonly hintSince: number;
  /** Where to move, in ovals; for the arrow of `centre`. */
  readonly offset: Offset;
  /** Milliseconds of good face so far. */
  readonly goodMs: number;
  /** Milliseconds of a face that will do, whatever could be better. */
  readonly acceptableMs: number;
  readonly lastAt: number;
  readonly lastBox: FaceBox | null;
  /** When the picture was taken of which something was last known; null while nothing is. */
  readonly seenAt: number | null;
  /** The face is right in every way, and that is known of this moment. */
  readonly isGood: boolean;
  /** How much of the hold is done, 0..1; for the ring. Nothing while the face is in the wrong place or turned away. */
  readonly share: number;
  /** The shutter asks to be pressed: guidance has had its time. */
  readonly urgeShutter: boolean;
  /** The frame takes itself now. */
  readonly shoot: boolean;
}

/** A face with nothing to mend is held this long. */
const goodHoldMs = 1_000;
/** A face that will do is enough after this long: what could be better never holds anyone up. */
const acceptableHoldMs = 2_000;
/** The same for a face that only has to move: most people do so as soon as they have read it. */
const misplacedHoldMs = 4_000;
/** The same where something may cover the face and the picture becomes a template, which biometrics takes bare only. */
const doubtfulHoldMs = 5_000;
/** Whoever cannot hold still is not waited for longer than this. */
const restlessHoldMs = 3_000;
/** After this long without a frame, the shutter is offered loudly. */
const urgeAfterMs = 6_000;
/** A hint stays at least this long, so that it can be read and spoken. */
const hintDwellMs = 700;
/** What is known of a moment longer ago than this is not known of now. */
const staleMs = 1_000;
/** What was said of it is worth saying for this long: a slow link answers once in two seconds. */
const forgottenMs = 2_500;
/** One reading cannot count for more than this, however late it is. */
const creditMaxMs = 500;

/** Guidance as it starts. */
export function startGuide(at: number): Guide {
  return {
    startedAt: at,
    hint: 'position',
    hintSince: at,
    offset: { x: 0, y: 0 },
    goodMs: 0,
    acceptableMs: 0,
    lastAt: at,
    lastBox: null,
    seenAt: null,
    isGood: false,
    share: 0,
    urgeShutter: false,
    shoot: false,
  };
}

/**
 * What guidance says after one more reading.
 * @param oval the outline on screen, in fractions of the picture
 * @param enrols the frame may become a template
 */
export function advance(guide: Guide, reading: Reading, oval: FaceBox, enrols = false): Guide {
  const judgement = judge(reading, oval, guide.lastBox);
  const elapsed = Math.min(reading.at - guide.lastAt, creditMaxMs);
  // A moment that nobody looked at says nothing either way.
  const { goodMs, acceptableMs } = reading.seen === null ? guide : counts(guide, elapsed, judgement);
  const isMisplaced = misplaced.has(judgement.hint);
  const held = Math.min(1, Math.max(goodMs / goodHoldMs, acceptableMs / enoughMs(judgement, enrols)));
  const wobbles = judgement.hint === 'still';
  const urgeShutter = guide.urgeShutter || reading.at - guide.startedAt >= urgeAfterMs;
  const shown = shownHint(judgement.hint, reading, urgeShutter);
  const settled = reading.at - guide.hintSince >= hintDwellMs;
  const seenAt = reading.seen === null ? guide.seenAt : (reading.takenAt ?? reading.at);
  const changes = shown !== guide.hint && (settled || shown === 'good');
  return {
    startedAt: guide.startedAt,
    hint: changes ? shown : guide.hint,
    hintSince: changes ? reading.at : guide.hintSince,
    offset: reading.seen?.box ? offsetOf(reading.seen.box, oval) : { x: 0, y: 0 },
    goodMs,
    acceptableMs,
    lastAt: reading.at,
    lastBox: reading.seen === null ? guide.lastBox : reading.seen.box,
    seenAt,
    isGood: judgement.hint === 'good' && !isOlder(staleMs, seenAt, reading.at),
    share: isMisplaced ? 0 : held,
    urgeShutter,
    shoot: reading.seen !== null && held >= 1 && (!wobbles || acceptableMs >= restlessHoldMs),
  };
}

/** Hints that a movement answers. */
const misplaced: ReadonlySet<Hint> = new Set<Hint>(['closer', 'back', 'centre', 'level', 'look_straight']);

function enoughMs({ hint, doubtful }: Judgement, enrols: boolean): number {
  if (enrols && doubtful) return doubtfulHoldMs;
  return misplaced.has(hint) ? misplacedHoldMs : acceptableHoldMs;
}

/**
 * Guidance while its next reading is awaited: what is known too long ago is not claimed of now, and later not said.
 * @returns the same guide as long as nothing fades
 */
export function fade(guide: Guide, at: number): Guide {
  if (isOlder(forgottenMs, guide.seenAt, at)) {
    const hint = guide.urgeShutter ? 'manual' : 'position';
    return { ...guide, hint, hintSince: at, seenAt: null, isGood: false, share: 0, shoot: false };
  }
  if (!isOlder(staleMs, guide.seenAt, at) || (!guide.isGood && guide.share === 0)) return guide;
  return { ...guide, isGood: false, share: 0, shoot: false };
}

function isOlder(ms: number, seenAt: number | null, at: number): boolean {
  return seenAt !== null && at - seenAt > ms;
}

/** A wobble pauses the count of good face; a moment that will not do starts both again. */
function counts(
  { goodMs, acceptableMs }: Guide,
  elapsedMs: number,
  { hint, acceptable }: Judgement,
): Pick<Guide, 'goodMs' | 'acceptableMs'> {
  if (!acceptable) return { goodMs: 0, acceptableMs: 0 };
  const pausing = hint === 'still' ? goodMs : 0;
  return {
    goodMs: hint === 'good' ? goodMs + elapsedMs : pausing,
    acceptableMs: acceptableMs + elapsedMs,
  };
}

/** Where nobody can tell whether there is a face, the user takes the picture. */
function shownHint(hint: Hint, { seen }: Reading, urgeShutter: boolean): Hint {
  return urgeShutter && seen === null && hint === 'position' ? 'manual' : hint;
}

/** How guidance looks: its colour, beside its words and its shape. */
export function toneOf({ hint, isGood }: Pick<Guide, 'hint' | 'isGood'>): 'calm' | 'good' | 'warn' {
  if (hint === 'good') return isGood ? 'good' : 'calm';
  return hint === 'position' || hint === 'manual' ? 'calm' : 'warn';
}
