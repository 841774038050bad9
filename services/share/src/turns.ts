import { Failure } from '@selfsame/runtime/errors';

/** Lets so many do something at once. */
export interface Turns {
  /** @throws Failure `busy` (retryable) when too many wait already */
  take<Result>(run: () => Promise<Result>): Promise<Result>;
}

/** @param options.waitingMax who comes when so many wait is told to come again */
export function createTurns(options: { atOnce: number; waitingMax: number }): Turns {
  const waiting: (() => void)[] = [];
  let free = options.atOnce;

  async function turn(): Promise<void> {
    if (free > 0) {
      free -= 1;
      return;
    }
    if (waiting.length >= options.waitingMax) {
      throw new Failure('unavailable', 'busy', 'Too many imports at once. Try again shortly.');
    }
    await new Promise<void>((resolve) => waiting.push(resolve));
  }

  function pass(): void {
    const next = waiting.shift();
    if (next) next();
    else free += 1;
  }

  return {
    async take(run) {
      await turn();
      try {
        return await run();
      } finally {
        pass();
      }
    },
  };
}
