import { within } from '../within.ts';
import type { Found, Part } from './part.ts';

/** Looks at the browser, a little at a time, when nothing else is to do. */
export interface Collector {
  /** What is known by now. */
  found(): Found;
  /** Resolves when every part has answered, was given up, or was left out because of `stop`. Never rejects. */
  readonly done: Promise<void>;
  /** Nothing new is begun: the camera needs the processor now. */
  stop(): void;
}

/** A browser that is never idle gives a slice after this long. */
const idleMs = 120;

/** Begins with the first part; each part is a task of its own. */
export function startCollector(parts: readonly Part[]): Collector {
  const found: Record<string, Found[string]> = {};
  let stop: () => void = () => undefined;
  let isStopped = false;
  const stopped = new Promise<void>((resolve) => {
    stop = () => {
      isStopped = true;
      resolve();
    };
  });

  async function run({ patienceMs, read }: Part): Promise<void> {
    try {
      Object.assign(found, await within(Promise.resolve(read()), patienceMs));
    } catch {
      // Its facts are missing.
    }
  }

  async function all(): Promise<void> {
    const running: Promise<void>[] = [];
    for (const part of parts) {
      await Promise.race([idle(), stopped]);
      if (isStopped) break;
      running.push(run(part));
    }
    await Promise.race([Promise.all(running), stopped]);
  }

  return { found: () => found, done: all(), stop: () => stop() };
}

/** Resolves in a task of its own, when the browser has nothing better to do. */
export function idle(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof requestIdleCallback === 'function') requestIdleCallback(() => resolve(), { timeout: idleMs });
    else setTimeout(resolve, 1);
  });
}
