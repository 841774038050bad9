/** What happened in an application within one hour. */
export interface Hour {
  /** Start, milliseconds since 1970. */
  readonly startMs: number;
  readonly sessions: number;
  readonly approved: number;
  readonly declined: number;
}

const hourMs = 3_600_000;
/** The hours before the last two that make a baseline. */
const baselineHours = 168;
/** Fewer hours since the first session say nothing of a usual hour. */
const fewestHours = 24;
/** Fewer decisions say nothing of a rate. */
const fewestDecisions = 5;

/** How far the present is from what is usual, in standard deviations. null: too little is known. */
export interface Deviation {
  readonly volumeZ: number | null;
  readonly declineRateZ: number | null;
}

/**
 * Compares the last sixty minutes with the hours of a week. The hour before counts by the share of it that still lies within
 * them. A quiet application has a small deviation by chance; that of a Poisson process is taken where it is larger.
 */
export function deviationOf(hours: readonly Hour[], nowMs: number): Deviation {
  const currentMs = Math.floor(nowMs / hourMs) * hourMs;
  const at = (startMs: number) => hours.find((hour) => hour.startMs === startMs);
  const [current, previous] = [at(currentMs), at(currentMs - hourMs)];
  const left = 1 - (nowMs - currentMs) / hourMs;
  const oldestMs = currentMs - (baselineHours + 1) * hourMs;
  const past = hours.filter(({ startMs }) => startMs < currentMs - hourMs && startMs >= oldestMs);
  const firstMs = Math.min(...past.map(({ startMs }) => startMs));
  const length = past.length === 0 ? 0 : (currentMs - hourMs - firstMs) / hourMs;
  if (length < fewestHours) return { volumeZ: null, declineRateZ: null };
  const recent = (current?.sessions ?? 0) + left * (previous?.sessions ?? 0);
  const mean = sum(past.map(({ sessions }) => sessions)) / length;
  const squares = sum(past.map(({ sessions }) => sessions ** 2)) / length;
  const deviation = Math.sqrt(Math.max(squares - mean ** 2, mean, 1));
  const recentDeclined = (current?.declined ?? 0) + (previous?.declined ?? 0);
  const recentDecided = recentDeclined + (current?.approved ?? 0) + (previous?.approved ?? 0);
  return {
    volumeZ: round((recent - mean) / deviation),
    declineRateZ: rateZ(recentDeclined, recentDecided, past),
  };
}

/** Against the rate of the past, with one of each added, so that a past without any is no certainty. */
function rateZ(declined: number, decided: number, past: readonly Hour[]): number | null {
  const pastDeclined = sum(past.map((hour) => hour.declined));
  const pastDecided = pastDeclined + sum(past.map((hour) => hour.approved));
  if (decided < fewestDecisions || pastDecided < fewestDecisions) return null;
  const rate = (pastDeclined + 1) / (pastDecided + 2);
  return round((declined - decided * rate) / Math.sqrt(decided * rate * (1 - rate)));
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
const round = (number: number) => Math.round(number * 100) / 100;
