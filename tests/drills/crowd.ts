import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { facePath } from '@selfsame/testing/assets';
import { waitFor } from '@selfsame/testing/wait';
import type { Ask } from './asks.ts';
import { type Door, type Journey, lookAround, travel, type Visitor } from './journey.ts';

/** A few users at a time, one after the other, for as long as a drill lasts. */
export interface Crowd {
  readonly journeys: readonly Journey[];
  /** Of somebody who only looks at what there is, again and again, while others are on their way. */
  readonly glances: readonly Ask[];
  /** Resolves with when it was well again: when the last refusal after `sinceMs` was over, once so many journeys have ended since. */
  well(sinceMs: number): Promise<number>;
  /** Lets nobody new in and waits for those on their way. */
  leave(): Promise<void>;
}

const inARow = 3;
/** Within the budget of one API key. */
const glanceEveryMs = 2_000;
const recoveryTimeoutMs = 120_000;
/** Portrait, the same person's face, somebody else's. */
const people = [
  ['img/p01_1.jpg', 'img/p01_2.jpg', 'img/p04_1.jpg'],
  ['img/p04_1.jpg', 'img/p04_2.jpg', 'img/p05_1.jpg'],
  ['img/p05_1.jpg', 'img/p05_2.jpg', 'img/p01_1.jpg'],
] as const;
/** One visitor in so many shows another face than the one in the portrait. */
const strangerEvery = 4;

/**
 * Resolves when one user has come to their end and others are on their way.
 * @param options.atOnce how many are on their way at any time
 * @param options.restMs between two journeys of one of them
 * @param options.send how the nth visitor sends their picture
 */
export async function gather(
  door: Door,
  options: { atOnce: number; restMs: number; send?: (number: number) => typeof fetch | undefined },
): Promise<Crowd> {
  const photos = await Promise.all(
    people.map((names) => Promise.all(names.map((name) => readFile(facePath(name))))),
  );
  const journeys: Journey[] = [];
  const glances: Ask[] = [];
  const stopping = new AbortController();

  const visitor = (number: number): Visitor => {
    const [portrait, own, other] = photos[number % photos.length] as [Buffer, Buffer, Buffer];
    const isStranger = number % strangerEvery === strangerEvery - 1;
    const send = options.send?.(number);
    return { portrait, face: isStranger ? other : own, isStranger, ...(send && { send }) };
  };
  const walk = async () => {
    while (!stopping.signal.aborted) {
      const { journey, done } = travel(door, visitor(journeys.length));
      journeys.push(journey);
      await done;
      await pause(options.restMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const glance = async () => {
    while (!stopping.signal.aborted) {
      glances.push(...(await lookAround(door, first.journey)));
      await pause(glanceEveryMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const first = travel(door, visitor(0));
  journeys.push(first.journey);
  await first.done;
  const walks = Promise.all([glance(), ...Array.from({ length: options.atOnce }, walk)]);

  return {
    journeys,
    glances,
    well: (sinceMs) =>
      waitFor('users meet no trouble any more', () => wellAt(journeys, glances, sinceMs), {
        timeoutMs: recoveryTimeoutMs,
        intervalMs: 50,
      }),
    async leave() {
      stopping.abort();
      await walks;
    },
  };
}

/** When the last refusal was over, if enough journeys without one have ended since. Pure. */
export function wellAt(
  journeys: readonly Journey[],
  glances: readonly Ask[],
  sinceMs: number,
): number | undefined {
  const troubles = [...journeys.flatMap(({ asks }) => asks), ...glances]
    .filter(({ outcome }) => outcome !== 'ok')
    .map(({ atMs, tookMs }) => atMs + tookMs);
  const lastMs = Math.max(sinceMs, ...troubles);
  const good = journeys.filter(({ endedAtMs }) => endedAtMs !== undefined && endedAtMs > lastMs);
  return good.length >= inARow ? lastMs : undefined;
}
