/** Scans share the memory, changes have it alone. A change that waits goes before scans that come later. */
export interface Turns {
  /** Runs beside other scans. */
  scan<T>(run: () => Promise<T>): Promise<T>;
  /** Runs when no scan is under way. `apply` must not wait for anything. */
  change<T>(apply: () => T): Promise<T>;
}

/** Everything happens in one thread, so that counting is enough. */
export function createTurns(): Turns {
  let scanning = 0;
  let changes: (() => void)[] = [];
  let waiting: (() => void)[] = [];

  function next(): void {
    if (scanning > 0) return;
    const due = changes;
    changes = [];
    for (const change of due) change();
    const ready = waiting;
    waiting = [];
    scanning += ready.length;
    for (const go of ready) go();
  }

  async function enter(): Promise<void> {
    if (changes.length > 0) return new Promise((go) => waiting.push(go));
    scanning += 1;
  }

  return {
    async scan(run) {
      await enter();
      try {
        return await run();
      } finally {
        scanning -= 1;
        next();
      }
    },
    change: (apply) =>
      new Promise((resolve, reject) => {
        changes.push(() => {
          try {
            resolve(apply());
          } catch (error) {
            reject(error);
          }
        });
        next();
      }),
  };
}
