import { setImmediate } from 'node:timers/promises';

/** Longer steps would be felt by those who are being answered meanwhile. */
const sliceMs = 2;
/** Steps between two looks at the clock. */
const stepsPerLook = 64;

/**
 * For work that would hold up everybody else: called at every step, it gives way when a slice of time is over.
 *
 * @returns a promise to wait for, or nothing when there is time left. The promise rejects when the signal aborts.
 */
export function createSlices(signal: AbortSignal): () => Promise<void> | undefined {
  let steps = 0;
  let startedAt = performance.now();
  return () => {
    steps += 1;
    if (steps % stepsPerLook !== 0 || performance.now() - startedAt < sliceMs) return undefined;
    return setImmediate(undefined, { signal }).then(() => {
      startedAt = performance.now();
    });
  };
}
