/** Fewer sessions are no habit. */
const fewestSessions = 5;
/** Hours with fewer of the sessions are chance. */
const habitualShare = 0.1;

const formats = new Map<string, Intl.DateTimeFormat | null>();
const formatsMax = 500;

/** Hour of the day, 0..23, where the clock shows this zone. null: no such zone. */
export function localHour(at: Date, timeZone: string | null): number | null {
  if (timeZone === null) return null;
  let format = formats.get(timeZone);
  if (format === undefined) {
    if (formats.size >= formatsMax) formats.clear();
    format = hourFormat(timeZone);
    formats.set(timeZone, format);
  }
  return format === null ? null : Number(format.format(at)) % 24;
}

function hourFormat(timeZone: string): Intl.DateTimeFormat | null {
  try {
    return new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', hourCycle: 'h23' });
  } catch {
    return null;
  }
}

/** Hours between now and the nearest hour at which somebody usually comes, 0..12. null: no habit is known. */
export function hourDistance(now: number | null, past: readonly number[]): number | null {
  if (now === null || past.length < fewestSessions) return null;
  const counts = new Array<number>(24).fill(0);
  for (const hour of past) counts[hour] = (counts[hour] ?? 0) + 1;
  const usual = counts.flatMap((count, hour) => (count >= habitualShare * past.length ? [hour] : []));
  if (usual.length === 0) return null;
  return Math.min(...usual.map((hour) => Math.min((now - hour + 24) % 24, (hour - now + 24) % 24)));
}
