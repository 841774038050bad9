/** One step of a challenge as it was planned, in milliseconds since the challenge began. */
export interface PlannedStep {
  readonly startsAtMs: number;
  /** How long a colour is shown, or how long a pose may take. */
  readonly lastsMs: number;
}

/** Colours follow each other without a gap; a pose is over as soon as it is reached. */
export type StepKind = 'colour' | 'pose';

/** What the page says of its clock. */
export interface ToldTimes {
  /** When each step was shown. */
  readonly shownAtMs: readonly number[];
  /** When each frame was taken. */
  readonly takenAtMs: readonly number[];
}

/** A browser that is busy shows a colour for a shorter time, or up to twice as long: frames still show which one it was. */
const colourShare = { least: 0.5, most: 2 } as const;
/** From the end of a pose's time to the next prompt, on a phone that is busy with the frames. */
const promptDelayMs = 1_000;
/** Two clocks of one installation, and the way of the answer that brought the challenge. */
const clockSlackMs = 1_000;

/**
 * The steps as they were shown.
 * @returns null when no browser that did what it was asked to do could have shown them so
 */
export function shownSteps(
  kind: StepKind,
  plan: readonly PlannedStep[],
  { shownAtMs }: Pick<ToldTimes, 'shownAtMs'>,
): readonly PlannedStep[] | null {
  if (shownAtMs.length !== plan.length || !isRising(shownAtMs)) return null;
  const shown = plan.map(({ lastsMs }, at) => {
    const startsAtMs = shownAtMs[at] ?? 0;
    const untilNextMs = (shownAtMs[at + 1] ?? startsAtMs + lastsMs) - startsAtMs;
    // A pose keeps the time that it may take: the next one is asked for as soon as it is reached.
    return { startsAtMs, lastsMs: kind === 'pose' ? lastsMs : untilNextMs, untilNextMs };
  });
  const fits = plan.every(({ lastsMs }, at) => isCredible(kind, lastsMs, shown[at]?.untilNextMs ?? 0));
  return fits ? shown.map(({ startsAtMs, lastsMs }) => ({ startsAtMs, lastsMs })) : null;
}

function isCredible(kind: StepKind, lastsMs: number, untilNextMs: number): boolean {
  if (kind === 'pose') return untilNextMs <= lastsMs + promptDelayMs;
  return untilNextMs >= lastsMs * colourShare.least && untilNextMs <= lastsMs * colourShare.most;
}

/**
 * Whether frames taken at these times can have come in when they did: one after the other, and not before the challenge
 * could be over.
 * @param sinceIssueMs from the issue of the challenge to the first byte of its answer, on the clocks of the services
 */
export function isTimePossible(told: ToldTimes, sinceIssueMs: number): boolean {
  const lastMs = Math.max(0, told.shownAtMs.at(-1) ?? 0, ...told.takenAtMs);
  return isRising(told.takenAtMs) && lastMs <= sinceIssueMs + clockSlackMs;
}

function isRising(times: readonly number[]): boolean {
  return times.every((time, at) => time > (times[at - 1] ?? -1));
}
