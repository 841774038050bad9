import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits for a condition instead of a duration. An error thrown by the probe counts as "not yet" and is the cause of the
 * final error.
 *
 * @param what named in the error, so that a failing test says what never came
 * @returns the first value that is neither undefined nor false
 */
export async function waitFor<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  options: { timeoutMs?: number; intervalMs?: number } = {},
): Promise<T> {
  const { timeoutMs = 20_000, intervalMs = 10 } = options;
  const deadline = performance.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    try {
      const value = await probe();
      if (value !== undefined && value !== false) return value;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= deadline) throw new Error(`${what}: not within ${timeoutMs} ms`, { cause });
    await sleep(intervalMs);
  }
}
