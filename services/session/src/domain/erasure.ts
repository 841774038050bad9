/** See the table `erasures`. */
export type ErasureState = 'deleting' | 'told' | 'confirmed' | 'erased';

/** What a service has removed of a person, in its own plain words. */
export interface RemovedKind {
  readonly kind: string;
  readonly count: number;
}

/** What a service keeps although the person was erased. */
export interface KeptKind {
  readonly kind: string;
  readonly count: number;
  /** One sentence. */
  readonly reason: string;
  /** ISO time when it goes by itself; null when nobody can say. */
  readonly until: string | null;
}

/** What one service said. */
export interface Confirmation {
  readonly service: string;
  readonly confirmedAt: Date;
  readonly removed: readonly RemovedKind[];
  readonly kept: readonly KeptKind[];
}

/** Every service that keeps anything about people: an erasure is over when all of them have confirmed. */
export const confirmingServices = [
  'biometrics',
  'fraud-signals',
  'session',
  'share',
  'webhook-dispatcher',
] as const;

/** Services of which nothing has come so far. */
export function awaited(confirmations: readonly { readonly service: string }[]): string[] {
  const confirmed = new Set(confirmations.map(({ service }) => service));
  return confirmingServices.filter((service) => !confirmed.has(service));
}
