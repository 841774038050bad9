import { setTimeout as pause } from 'node:timers/promises';
import { type ServiceName, serviceNames } from '@selfsame/deploy/topology';
import type { Drill } from './drill.ts';

type Skew = Partial<Record<ServiceName, number>>;

const minuteMs = 60_000;

/** Clocks are set wrong while the system works, and right again. */
function clockSkew(name: string, what: string, skew: Skew): Drill {
  return {
    name,
    what,
    async hurt({ system, clocks, signal }, forMs) {
      const wrong = Object.entries(skew) as [ServiceName, number][];
      try {
        for (const [service, byMs] of wrong) await clocks.shift(system, service, byMs);
        await pause(forMs, undefined, { signal }).catch(() => undefined);
      } finally {
        for (const [service] of wrong) await clocks.shift(system, service, 0);
      }
      return '';
    },
  };
}

/** Every service against all others, and all against each other: neighbours are fourteen minutes apart. */
export const clockDrills: readonly Drill[] = [
  ...serviceNames.flatMap((service) => [
    clockSkew(`clock-${service}-ahead`, `the clock of ${service} is 7 min ahead`, {
      [service]: 7 * minuteMs,
    }),
    clockSkew(`clock-${service}-behind`, `the clock of ${service} is 7 min behind`, {
      [service]: -7 * minuteMs,
    }),
  ]),
  clockSkew('clocks-apart', 'clocks are 7 min ahead and behind, in turn', apart(1)),
  clockSkew('clocks-apart-2', 'the same the other way round', apart(-1)),
];

function apart(sign: 1 | -1): Skew {
  return Object.fromEntries(
    serviceNames.map((service, at) => [service, (at % 2 === 0 ? sign : -sign) * 7 * minuteMs]),
  );
}
