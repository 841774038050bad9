import type { FieldErrors, JsonObject } from './fields.ts';
import { isObject, readFields } from './fields.ts';

/** How long an application keeps sessions, and whether it keeps pictures with them. */
export interface Retention {
  /** null: for ever */
  readonly days: number | null;
  readonly retainsImages: boolean;
}

const minDays = 30;
const maxDays = 3_650;
const daysPerMonth = 30.4375;

/** Whole months as days, within what may be asked for: 1 month is 30 days, 120 are 3650. */
function daysOfMonths(months: number): number {
  return Math.min(maxDays, Math.max(minDays, Math.round(months * daysPerMonth)));
}

/** Days as the nearest number of months. */
export function monthsOfDays(days: number): number {
  return Math.max(1, Math.round(days / daysPerMonth));
}

/** Reads the body of `PATCH /v3/data-retention/`; absent fields stay as they are, null is for ever. */
export function readRetention(
  body: unknown,
  current: Retention,
): { retention: Retention } | { errors: FieldErrors } {
  const given: JsonObject = isObject(body) ? body : {};
  const fields = readFields(given);
  const days = fields.integer('retention_days', minDays, maxDays);
  const months = fields.integer('data_retention_months', 1, 120);
  const isDays = Object.hasOwn(given, 'retention_days');
  const isMonths = Object.hasOwn(given, 'data_retention_months');
  const fromMonths = months === undefined ? null : daysOfMonths(months);
  if (isDays && isMonths && (days ?? null) !== fromMonths) {
    fields.refuse('data_retention_months', ['Name either days or months.']);
  }
  const retainsImages = fields.flag('retain_images') ?? current.retainsImages;
  if (Object.keys(fields.errors).length > 0) return { errors: fields.errors };
  const asked = isDays ? (days ?? null) : fromMonths;
  return { retention: { days: isDays || isMonths ? asked : current.days, retainsImages } };
}
