/** What happened in an application within some time. */
export interface Counts {
  readonly sessions: number;
  readonly approved: number;
  readonly declined: number;
}

/** The hours of an application: the one that is not over, the one before, and the week before them. */
export interface Hours {
  readonly current: Counts;
  readonly previous: Counts;
  readonly past: Counts & {
    /** Sum of the squares of each hour's sessions. */
    readonly squares: number;
    /** Start of the first of them that saw a session; milliseconds since 1970, null: none did. */
    readonly firstMs: number | null;
  };
}

export const hourMs = 3_600_000;
/** The hours before the last two that make a baseline. */
export const baselineHours = 168;
/** Fewer hours since the first session say nothing of a usual hour. */
const fewestHours = 24;
/** Fewer decisions say nothing of a rate. */
const fewestDecisions = 5;

/** Start of the hour. */
export function hourOf(ms: number): number {
  return Math.floor(ms / hourMs) * hourMs;
}

/** How far the present is from what is usual, in standard deviations. null: too little is known. */
export interface Deviation {
  readonly volumeZ: number | null;
  readonly declineRateZ: number | null;
}

/**
 * Compares the last sixty minutes with the hours of a week. The hour before counts by the share of it that still lies within
 * them. A quiet application has a small deviation by chance; that of a Poisson process is taken where it is larger.
 */
export function deviationOf({ current, previous, past }: Hours, nowMs: number): Deviation {
  const currentMs = hourOf(nowMs);
  const length = past.firstMs === null ? 0 : (currentMs - hourMs - past.firstMs) / hourMs;
  if (length < fewestHours) return { volumeZ: null, declineRateZ: null };
  const left = 1 - (nowMs - currentMs) / hourMs;
  const recent = current.sessions + left * previous.sessions;
  const mean = past.sessions / length;
  const deviation = Math.sqrt(Math.max(past.squares / length - mean ** 2, mean, 1));
  return {
    volumeZ: round((recent - mean) / deviation),
    declineRateZ: rateZ(current.declined + previous.declined, current.approved + previous.approved, past),
  };
}

/** Against the rate of the past, with one of each added, so that a past without any is no certainty. */
function rateZ(declined: number, approved: number, past: Counts): number | null {
  const decided = declined + approved;
  const pastDecided = past.declined + past.approved;
  if (decided < fewestDecisions || pastDecided < fewestDecisions) return null;
  const rate = (past.declined + 1) / (pastDecided + 2);
  return round((declined - decided * rate) / Math.sqrt(decided * rate * (1 - rate)));
}

const round = (number: number) => Math.round(number * 100) / 100;
