/** A protected template in memory; what its values mean is its scheme's business. */
export type Template = Int8Array | Uint8Array | Uint32Array;

/**
 * A way to protect an embedding of 256 values. All of those measured here are a keyed linear map followed by something
 * that is not linear: that is what lets a lab draw a million pairs, and what an attacker who has the key works with.
 */
export interface Scheme {
  readonly name: string;
  /** Where it was published. */
  readonly source: string;
  /** Of a template, packed. */
  readonly bytes: number;
  /** The linear map of a key. */
  project(key: Uint8Array): (embedding: ArrayLike<number>) => Float64Array;
  encode(projection: Float64Array): Template;
  /** Rises with likeness; of templates of any keys. */
  compare(one: Template, other: Template): number;
  /** What a template says of each value of its projection, as an attacker reads it. */
  decode(template: Template): Float64Array;
}

/** Values of an embedding. */
export const DIMENSIONS = 256;
