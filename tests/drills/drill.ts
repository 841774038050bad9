import type { NatsDisk } from '../chaos/nats-disk.ts';
import type { RunningSystem } from '../harness/running-system.ts';
import type { Clocks } from './clocks.ts';
import type { Network } from './network.ts';

/** What a drill may lay hands on. */
export interface Scene {
  readonly system: RunningSystem;
  readonly disk: NatsDisk;
  readonly clocks: Clocks;
  readonly network: Network;
  readonly signal: AbortSignal;
}

/** One bad day, practised. */
export interface Drill {
  readonly name: string;
  /** What is done, in words for a table. */
  readonly what: string;
  /**
   * Hurts the system for so long and mends what hurt it; whatever else is to be mended is the system's own business.
   * @returns what had to be done by hand, in words; empty when nothing was
   */
  hurt(scene: Scene, forMs: number): Promise<string>;
}
