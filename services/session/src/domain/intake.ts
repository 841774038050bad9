/** How many are let in to something, by how those fare who are in it. */
export interface Intake {
  /** Somebody came to the end of it, after so long. @param nowMs of a clock that only rises, as all below */
  finished(latencyMs: number, nowMs: number): void;
  /** Whether one more would be let in: takes no place, but a no counts as one that was refused. */
  hasRoom(nowMs: number): boolean;
  /** Lets one in. @returns false: it has to come later */
  admit(nowMs: number): boolean;
}

/** So often it is looked at how they fare. */
const intervalMs = 1_000;
/** Fewer ends in an interval say nothing. */
const samplesMin = 3;
/** A machine that stood still for a moment is no overload: so many intervals in a row have to say so. */
const confirmations = 2;
/** Of what is finished; the rest drains what waits. */
const drainShare = 0.8;
/** Once nobody waits any more: of the most that was finished in one of the last intervals. */
const returnShare = 0.95;
const rememberedIntervals = 10;
/** From there what is let in rises by so much an interval while nobody waits. */
const growth = 1.03;
/** A replica lets so many in a second whatever happens, so that a slow moment of few is no overload. */
const floorPerSecond = 4;
/** So many at once come in even then. */
const burst = 10;
/** Without a refusal for so long there is no limit any more. */
const calmMs = 10_000;
/** The fastest of so long is what it takes when nothing waits. */
const baseWindowMs = 300_000;

/**
 * Watches the wait that nobody was spared in an interval: how much longer than the fastest one of the last minutes even its
 * fastest took. Where it stays beyond `waitMaxMs`, others are let in at 0.8 of the rate at which they come to the end; when
 * the wait is over, at nearly the rate that was reached before, and from there at a rising one until nobody is refused any more.
 */
export function createIntake({ waitMaxMs }: { waitMaxMs: number }): Intake {
  let interval = { startMs: 0, finished: 0, leastMs: Number.POSITIVE_INFINITY };
  /** The least of this window, and of the one before. */
  let base = { startMs: 0, leastMs: Number.POSITIVE_INFINITY, beforeMs: Number.POSITIVE_INFINITY };
  let perSecond = Number.POSITIVE_INFINITY;
  /** Intervals in a row that were too slow. */
  let slow = 0;
  /** What was finished a second, latest last. */
  const rates: number[] = [];
  let tokens = Number.POSITIVE_INFINITY;
  let filledAtMs = 0;
  let refusedAtMs = 0;

  function endInterval(nowMs: number): void {
    const seconds = (nowMs - interval.startMs) / 1000;
    if (seconds * 1000 < intervalMs) return;
    const { finished, leastMs } = interval;
    const waitMs = leastMs - Math.min(base.leastMs, base.beforeMs);
    rates.push(finished / seconds);
    if (rates.length > rememberedIntervals) rates.shift();
    if (finished >= samplesMin && waitMs > waitMaxMs) {
      slow += 1;
      if (slow >= confirmations) {
        if (perSecond === Number.POSITIVE_INFINITY) refusedAtMs = nowMs;
        perSecond = Math.max(floorPerSecond, (drainShare * finished) / seconds);
      }
    } else {
      slow = 0;
      if (nowMs - refusedAtMs > calmMs) perSecond = Number.POSITIVE_INFINITY;
      else perSecond = Math.max(perSecond * growth, returnShare * Math.max(...rates));
    }
    interval = { startMs: nowMs, finished: 0, leastMs: Number.POSITIVE_INFINITY };
    if (nowMs - base.startMs > baseWindowMs) {
      base = { startMs: nowMs, leastMs: Number.POSITIVE_INFINITY, beforeMs: base.leastMs };
    }
  }

  function fill(nowMs: number): void {
    endInterval(nowMs);
    const isOpen = perSecond === Number.POSITIVE_INFINITY;
    const grown = isOpen ? perSecond : tokens + (perSecond * (nowMs - filledAtMs)) / 1000;
    tokens = Math.min(Math.max(burst, perSecond / 2), grown);
    filledAtMs = nowMs;
  }

  const hasRoom = (nowMs: number): boolean => {
    fill(nowMs);
    const has = tokens >= 1;
    if (!has) refusedAtMs = nowMs;
    return has;
  };

  return {
    finished(latencyMs, nowMs) {
      endInterval(nowMs);
      interval.finished += 1;
      interval.leastMs = Math.min(interval.leastMs, latencyMs);
      base.leastMs = Math.min(base.leastMs, latencyMs);
    },
    hasRoom,
    admit(nowMs) {
      if (!hasRoom(nowMs)) return false;
      tokens -= 1;
      return true;
    },
  };
}

/** What new sessions have to wait for: others that are created, and looks at those that are under way. */
export interface SessionIntake {
  readonly creations: Intake;
  /** A look that is refused or comes too late was all for nothing; a new session has cost nothing yet. */
  readonly looks: Intake;
}

/** @param options.waitMaxMs of a creation, and of a look */
export function createSessionIntake(options: { waitMaxMs: number }): SessionIntake {
  return { creations: createIntake(options), looks: createIntake(options) };
}

/** Whether a new session would be let in: takes no place, but a no counts as one that was refused. */
export function wantsSession({ creations, looks }: SessionIntake, nowMs: number): boolean {
  return creations.hasRoom(nowMs) && looks.hasRoom(nowMs);
}

/** Lets a new session in. @returns false: it has to come later */
export function letSessionIn(intake: SessionIntake, nowMs: number): boolean {
  if (!wantsSession(intake, nowMs)) return false;
  return intake.creations.admit(nowMs) && intake.looks.admit(nowMs);
}
