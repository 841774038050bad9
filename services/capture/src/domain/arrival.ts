/** How a picture came in, in however many deliveries. */
export interface Arrival {
  /** When its first byte came: what a user did before can have taken no longer. */
  readonly begunAt: Date;
  /** When its last byte had come: from here on everything is ours. */
  readonly endedAt: Date;
  /** The same in milliseconds of this process' clock that only rises. */
  readonly endedMs: number;
}

/** A picture that began to come at `begunAt` is complete now. */
export function arrivedNow(begunAt: Date): Arrival {
  return { begunAt, endedAt: new Date(), endedMs: performance.now() };
}

/** What has passed since, in whole milliseconds. */
export function sinceArrival({ endedMs }: Arrival): number {
  return Math.max(0, Math.round(performance.now() - endedMs));
}
