/** Batches have one of these sizes, so that a device meets few shapes and each is warm. */
export const BUCKETS = [1, 2, 4, 8, 16, 32] as const;
/** The most looks that go through the models together. */
export const BATCH_MAX = 32;

/** The smallest bucket that holds `count` (1 to 32) rows; the rest of it is padding. */
export function bucketFor(count: number): number {
  const bucket = BUCKETS.find((size) => size >= count);
  if (bucket === undefined || count < 1) throw new RangeError(`no batch of ${count}`);
  return bucket;
}
