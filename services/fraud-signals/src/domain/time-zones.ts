/** Offsets of zones change at full quarters of an hour at most. */
const quarterMs = 15 * 60 * 1000;
/** More zones than there are. */
const maxKept = 1_024;

interface Zone {
  readonly format: Intl.DateTimeFormat;
  quarter: number;
  offsetMin: number;
}

const zones = new Map<string, Zone | null>();

/** Whether this is the name of a zone, old ones included. */
export function isTimeZone(name: string): boolean {
  return zoneOf(name) !== null;
}

/** The zone's name as this runtime spells it: Asia/Kolkata and Asia/Calcutta are one. null: there is no such zone. */
export function canonicalTimeZone(name: string): string | null {
  return zoneOf(name)?.format.resolvedOptions().timeZone ?? null;
}

/** Minutes east of UTC at a time; null: there is no such zone. */
export function utcOffsetMin(name: string, atMs: number): number | null {
  const zone = zoneOf(name);
  if (zone === null || !Number.isFinite(atMs)) return null;
  const quarter = Math.floor(atMs / quarterMs);
  if (zone.quarter !== quarter) {
    zone.quarter = quarter;
    zone.offsetMin = readOffset(zone.format, quarter * quarterMs);
  }
  return zone.offsetMin;
}

/** As it is written behind a time: +0100. */
export function formatUtcOffset(offsetMin: number): string {
  const minutes = Math.abs(offsetMin);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${offsetMin < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${two(minutes % 60)}`;
}

function zoneOf(name: string): Zone | null {
  const kept = zones.get(name);
  if (kept !== undefined) return kept;
  const zone = openZone(name);
  // Names come from outside: what is no zone is kept as well, but never more of it than this.
  if (zones.size >= maxKept) zones.clear();
  zones.set(name, zone);
  return zone;
}

function openZone(name: string): Zone | null {
  // Offsets such as +01:00 are accepted as zones, too, and belong to no place.
  if (!/^[A-Z][A-Za-z0-9_+\-/]{1,63}$/.test(name)) return null;
  try {
    const format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
    return { format, quarter: Number.NaN, offsetMin: 0 };
  } catch {
    return null;
  }
}

/** GMT, GMT+01:00 or GMT-03:30. */
function readOffset(format: Intl.DateTimeFormat, atMs: number): number {
  const name = format.formatToParts(atMs).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const parts = /^GMT([+-])(\d\d):(\d\d)/.exec(name);
  if (parts === null) return 0;
  const minutes = Number(parts[2]) * 60 + Number(parts[3]);
  return parts[1] === '-' ? -minutes : minutes;
}
