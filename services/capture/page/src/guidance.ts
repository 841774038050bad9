import type { FaceBox, GuidanceAnswer } from '../../src/wire.ts';

/** The one instruction on screen. */
export type Hint =
  | 'position'
  | 'alone'
  | 'closer'
  | 'back'
  | 'centre'
  | 'light'
  | 'glare'
  | 'still'
  | 'good'
  | 'manual';

/** What one moment looked like. `seen` is the server's answer, null while it is late or silent. */
export interface Reading {
  /** Milliseconds on any clock that only rises. */
  readonly at: number;
  readonly seen: GuidanceAnswer | null;
  /** 0..100, of the middle of the picture. */
  readonly luminance: number;
  /** 0..100, change since the reading before. */
  readonly motion: number;
}

/** Everything guidance remembers between two readings. */
export interface Guide {
  readonly startedAt: number;
  readonly hint: Hint;
  readonly hintSince: number;
  /** Where to move, in fractions of the picture; for the arrow of `centre`. */
  readonly offset: { readonly x: number; readonly y: number };
  /** Milliseconds of good face so far. */
  readonly goodMs: number;
  readonly lastAt: number;
  readonly lastBox: FaceBox | null;
  /** The shutter asks to be pressed: guidance has had its time. */
  readonly urgeShutter: boolean;
  /** The frame takes itself now. */
  readonly shoot: boolean;
}

/** A good face this long is enough. */
export const holdMs = 1_000;
/** After this long without a frame, the shutter is offered loudly. */
const urgeAfterMs = 6_000;
/** A hint stays at least this long, so that it can be read and spoken. */
const hintDwellMs = 700;
/** One reading cannot count for more than this, however late it is. */
const creditMaxMs = 500;

const limits = {
  /** Face luminance, a little inside what biometrics refuses (10 and 88; ordinary faces measure 27 to 65). */
  dark: 16,
  bright: 84,
  /** Luminance of the whole middle: a face may be well lit before a black curtain. */
  darkPicture: 6,
  brightPicture: 94,
  /** Share of the oval's height that a detected face (brow to chin) fills. */
  small: 0.42,
  large: 1.2,
  /** Distance of the centres, in ovals. */
  aside: 0.22,
  /** How far the box may wander between two readings, in ovals. */
  wander: 0.12,
  /** Change of the whole picture that blurs a frame. */
  motion: 9,
};

/** Guidance as it starts. */
export function startGuide(at: number): Guide {
  return {
    startedAt: at,
    hint: 'position',
    hintSince: at,
    offset: { x: 0, y: 0 },
    goodMs: 0,
    lastAt: at,
    lastBox: null,
    urgeShutter: false,
    shoot: false,
  };
}

/** What guidance says after one more reading. `oval` is the outline on screen, in fractions of the picture. */
export function advance(guide: Guide, reading: Reading, oval: FaceBox): Guide {
  const wanted = judge(reading, oval, guide.lastBox);
  const elapsed = Math.min(reading.at - guide.lastAt, creditMaxMs);
  const goodMs = heldFor(guide.goodMs, wanted, elapsed);
  const urgeShutter = guide.urgeShutter || reading.at - guide.startedAt >= urgeAfterMs;
  const settled = reading.at - guide.hintSince >= hintDwellMs;
  const shown = urgeShutter && reading.seen === null && wanted === 'position' ? 'manual' : wanted;
  const change = shown !== guide.hint && (settled || shown === 'good');
  return {
    startedAt: guide.startedAt,
    hint: change ? shown : guide.hint,
    hintSince: change ? reading.at : guide.hintSince,
    offset: reading.seen?.box ? offsetOf(reading.seen.box, oval) : { x: 0, y: 0 },
    goodMs,
    lastAt: reading.at,
    lastBox: reading.seen === null ? guide.lastBox : reading.seen.box,
    urgeShutter,
    shoot: goodMs >= holdMs,
  };
}

/** A wobble pauses the count; anything that spoils the frame starts it again. */
function heldFor(goodMs: number, wanted: Hint, elapsedMs: number): number {
  if (wanted === 'good') return Math.min(holdMs, goodMs + elapsedMs);
  return wanted === 'still' ? goodMs : 0;
}

/**
 * The instruction that helps most right now. Without the server nobody knows whether there is a face, so the picture
 * never takes itself then: a wasted frame would cost the user one of few attempts. The shutter stays.
 */
function judge(reading: Reading, oval: FaceBox, lastBox: FaceBox | null): Hint {
  const { seen } = reading;
  if (seen?.box == null) {
    if (reading.luminance < limits.darkPicture) return 'light';
    if (reading.luminance > limits.brightPicture) return 'glare';
    return seen === null && reading.motion > limits.motion ? 'still' : 'position';
  }
  if (seen.faces > 1) return 'alone';
  if (seen.luminance < limits.dark) return 'light';
  if (seen.luminance > limits.bright) return 'glare';
  return judgeFace(seen.box, oval, lastBox, reading.motion);
}

function judgeFace(box: FaceBox, oval: FaceBox, lastBox: FaceBox | null, motion: number): Hint {
  const size = box.height / oval.height;
  if (size < limits.small) return 'closer';
  if (size > limits.large) return 'back';
  if (distance(offsetOf(box, oval)) > limits.aside) return 'centre';
  const wandered = lastBox === null ? 0 : distance(offsetOf(box, { ...oval, ...centredOn(lastBox, oval) }));
  return wandered > limits.wander || motion > limits.motion ? 'still' : 'good';
}

/** The oval's place when its centre lies on that of `box`. */
function centredOn(box: FaceBox, oval: FaceBox): { left: number; top: number } {
  return {
    left: box.left + box.width / 2 - oval.width / 2,
    top: box.top + box.height / 2 - oval.height / 2,
  };
}

/** From the oval's centre to the face's, in oval sizes. */
function offsetOf(box: FaceBox, oval: FaceBox): { x: number; y: number } {
  return {
    x: (box.left + box.width / 2 - (oval.left + oval.width / 2)) / oval.width,
    y: (box.top + box.height / 2 - (oval.top + oval.height / 2)) / oval.height,
  };
}

function distance(offset: { x: number; y: number }): number {
  return Math.hypot(offset.x, offset.y);
}

/** Sizes in any one unit. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * Where the outline on screen lies in the camera's picture, when the picture covers the stage and is cut evenly on
 * both sides. `outline` is relative to the stage.
 */
export function outlineInPicture(picture: Size, stage: Size, outline: FaceBox): FaceBox {
  const scale = Math.max(stage.width / picture.width, stage.height / picture.height);
  const hiddenX = (picture.width * scale - stage.width) / 2;
  const hiddenY = (picture.height * scale - stage.height) / 2;
  return {
    left: (outline.left + hiddenX) / scale / picture.width,
    top: (outline.top + hiddenY) / scale / picture.height,
    width: outline.width / scale / picture.width,
    height: outline.height / scale / picture.height,
  };
}
