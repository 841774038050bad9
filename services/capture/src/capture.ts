import type { DeviceProof } from './domain/device-proof.ts';
import type { Facts } from './domain/facts.ts';

/** What a page sends of one look: a bare picture, or a bundle. Lives as long as its request. */
export interface Capture {
  /** The picture that is compared. */
  readonly image: Buffer;
  /** Of an active method, in the order in which they were taken. */
  readonly frames: readonly { readonly image: Buffer; readonly takenAtMs: number }[];
  /** SHA-256 of all pictures together, as they lie in the bundle: what a device signs, and what an attempt is held to. */
  readonly picturesSha256: Buffer;
  /** Empty with a bare picture. */
  readonly nonce: string;
  /** When each step of the challenge was shown, milliseconds since it began. */
  readonly shownAtMs: readonly number[];
  /** The page's facts about its camera, unjudged. */
  readonly camera: Readonly<Record<string, number | boolean>>;
  readonly proof: DeviceProof | undefined;
  /** What the page tells of itself since it was opened, unjudged. */
  readonly facts: Facts;
}
