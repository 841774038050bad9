import { setTimeout as sleep } from 'node:timers/promises';

interface Dependency {
  readonly name: string;
  silent: boolean;
}

/**
 * Whether what this process cannot work without has answered lately. A probe reads what was found out in the background, so it
 * never waits, and a hiccup or a failover of some seconds changes nothing.
 *
 * Who is behind such a dependency is shared: when the database is gone, it is gone for every replica. Were they all out of
 * service at once, callers would get whatever a gateway says about nobody. So for the first minute we stay and answer
 * ourselves: 503 in the contract's shape, with Retry-After, and pages that say to try again. That covers hiccups, a failover
 * and the one replica that has to reconnect; none of them should leave all replicas out just when the neighbour is back, since
 * a probe takes ten seconds to notice either. What lasts longer is told to those who send traffic: a replica cut off alone is
 * passed over, and when all are, several clusters or a static page behind a gateway are what can still help.
 * Nobody is restarted for it: liveness asks no neighbour.
 *
 * How long a dependency is silent before it counts as gone.
 */
export const silenceMs = 60_000;

const dependencies = new Set<Dependency>();

/** Names of what this process depends on. */
export function dependencyNames(): string[] {
  return [...dependencies].map(({ name }) => name);
}

/** Names of dependencies that do not answer. */
export function silentDependencies(): string[] {
  return [...dependencies].filter(({ silent }) => silent).map(({ name }) => name);
}

/**
 * Asks `answers` again and again, one question at a time. It is silent when it has not answered for `silentAfterMs`, a minute
 * unless given, and back when it has answered twice in a row.
 *
 * @param answers throws when it does not answer; who takes longer than two seconds does not
 * @returns depends on it no more; to be called where it is closed
 */
export function dependOn(
  name: string,
  answers: () => Promise<void>,
  options: { everyMs?: number; silentAfterMs?: number; withinMs?: number; now?: () => number } = {},
): () => void {
  const {
    everyMs = 2_000,
    silentAfterMs = silenceMs,
    withinMs = 2_000,
    now = () => performance.now(),
  } = options;
  const dependency: Dependency = { name, silent: false };
  const stopping = new AbortController();
  let answeredAt = now();
  let inARow = 0;
  let pending: Promise<boolean> | undefined;

  function note(hasAnswered: boolean): void {
    inARow = hasAnswered ? inARow + 1 : 0;
    if (dependency.silent) dependency.silent = inARow < 2;
    else if (!hasAnswered) dependency.silent = now() - answeredAt >= silentAfterMs;
    if (hasAnswered) answeredAt = now();
  }

  /** A question that hangs is waited for with the next one, so that hanging questions do not pile up. */
  async function ask(): Promise<boolean> {
    pending ??= answers()
      .then(
        () => true,
        () => false,
      )
      .finally(() => {
        pending = undefined;
      });
    const late = new AbortController();
    const tooLate = sleep(withinMs, false, { signal: late.signal, ref: false }).catch(() => false);
    try {
      return await Promise.race([pending, tooLate]);
    } finally {
      late.abort();
    }
  }

  async function watch(): Promise<void> {
    const { signal } = stopping;
    while (!signal.aborted) {
      await sleep(everyMs, undefined, { signal, ref: false }).catch(() => {});
      if (signal.aborted) return;
      note(await ask());
    }
  }

  dependencies.add(dependency);
  void watch();
  return () => {
    stopping.abort();
    dependencies.delete(dependency);
  };
}
