import { setImmediate as settle } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createTurns } from './turns.ts';

describe('turns', () => {
  it('are taken so many at once, in order, and go on after a failure', async () => {
    const turns = createTurns({ atOnce: 2, waitingMax: 10, waitMs: 60_000 });
    const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
    const begun: number[] = [];
    const results = gates.map(({ promise }, index) =>
      turns.take(async () => {
        begun.push(index);
        await promise;
        if (index === 0) throw new Error('failed');
        return index;
      }),
    );
    const settled = Promise.allSettled(results);
    await settle();
    expect(begun).toEqual([0, 1]);
    gates[0]?.resolve();
    await settle();
    expect(begun).toEqual([0, 1, 2]);
    for (const { resolve } of gates) resolve();
    expect((await settled).map(({ status }) => status)).toEqual([
      'rejected',
      'fulfilled',
      'fulfilled',
      'fulfilled',
    ]);
    expect(begun).toEqual([0, 1, 2, 3]);
  });

  it('are refused when too many wait, or for too long', async () => {
    const turns = createTurns({ atOnce: 1, waitingMax: 1, waitMs: 1 });
    const gate = Promise.withResolvers<void>();
    const first = turns.take(() => gate.promise);
    const second = turns.take(async () => 'too late');
    const third = turns.take(async () => 'too many');
    await expect(third).rejects.toMatchObject({ code: 'busy' });
    await expect(second).rejects.toMatchObject({ code: 'busy' });
    gate.resolve();
    await first;
    expect(await turns.take(async () => 'free again')).toBe('free again');
  });
});
