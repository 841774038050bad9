/** A place on earth with what is not known of it. */
export interface Place {
  readonly latitude: number;
  readonly longitude: number;
  readonly radiusKm: number;
}

const earthRadiusKm = 6_371;
/** Databases that name no radius mean a city or more. */
const unknownRadiusKm = 100;
/** Places are kept to a tenth of a degree, which is 11 km at most. */
const roundingKm = 11;
/** Two sessions within a minute are one moment: what a relay does, no journey. */
const shortestHours = 1 / 60;

/** As history keeps places: a tenth of a degree, so that they name a town and no house. null: not known. */
export function placeOf(latitude: unknown, longitude: unknown, radiusKm: unknown): Place | null {
  if (typeof latitude !== 'number' || typeof longitude !== 'number') return null;
  const known = typeof radiusKm === 'number' ? radiusKm : unknownRadiusKm;
  return {
    latitude: Math.round(latitude * 10) / 10,
    longitude: Math.round(longitude * 10) / 10,
    radiusKm: Math.round(known + roundingKm),
  };
}

/** Great-circle distance beyond what is not known of either place; km, 0 when they may be the same. */
export function distanceBeyondKm(one: Place, other: Place): number {
  const radians = (degrees: number) => (degrees * Math.PI) / 180;
  const half = (a: number, b: number) => Math.sin(radians(b - a) / 2) ** 2;
  const a =
    half(one.latitude, other.latitude) +
    Math.cos(radians(one.latitude)) *
      Math.cos(radians(other.latitude)) *
      half(one.longitude, other.longitude);
  const distance = 2 * earthRadiusKm * Math.asin(Math.min(1, Math.sqrt(a)));
  return Math.max(0, Math.round(distance - one.radiusKm - other.radiusKm));
}

/** The least speed at which somebody went from one place to the other, km/h. */
export function speedKmh(one: Place, other: Place, elapsedMs: number): number {
  const hours = Math.max(elapsedMs / 3_600_000, shortestHours);
  return Math.round(distanceBeyondKm(one, other) / hours);
}
