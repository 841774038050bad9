import { Failure } from '@selfsame/runtime/errors';

/** Lets so many do something at once; the others wait in the order in which they came. */
export interface Turns {
  /** @throws Failure `busy` (retryable) when too many wait already, or after waiting too long */
  take<Result>(run: () => Promise<Result>): Promise<Result>;
  readonly running: number;
  readonly waiting: number;
}

/** What may be at once, how many wait beside them, and how long. */
export function createTurns(options: { atOnce: number; waitingMax: number; waitMs: number }): Turns {
  const waiting = new Set<() => void>();
  let free = options.atOnce;

  async function turn(): Promise<void> {
    if (free > 0) {
      free -= 1;
      return;
    }
    if (waiting.size >= options.waitingMax) throw busy();
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => {
        waiting.delete(go);
        reject(busy());
      }, options.waitMs);
      const go = () => {
        clearTimeout(late);
        resolve();
      };
      waiting.add(go);
    });
  }

  function pass(): void {
    const [next] = waiting;
    if (!next) {
      free += 1;
      return;
    }
    waiting.delete(next);
    next();
  }

  return {
    get running() {
      return options.atOnce - free;
    },
    get waiting() {
      return waiting.size;
    },
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

const busy = () => new Failure('unavailable', 'busy', 'Too many imports at once. Try again shortly.');
