import { tableOf } from '../lab/table.ts';
import { median } from '../load/percentiles.ts';
import type { FuzzResult } from './fuzz-run.ts';

/** Room for pictures being unpacked and for the runtime's pools, in MB above the start. */
const GROWTH_MAX_MB = 600;
const WRONG_SHOWN = 20;

/** Whether every answer was clear, nothing ended and memory stayed bounded. */
export function isSound({ answered, memory, died }: FuzzResult): boolean {
  const bounded = memory.every(({ startMb, mostMb }) => startMb > 0 && mostMb - startMb <= GROWTH_MAX_MB);
  return died.length === 0 && bounded && answered.every(({ wrong }) => wrong === '');
}

/** Prints what became of every kind of mutant. */
export function describeFuzz({ answered, memory, died }: FuzzResult): void {
  const kinds = [...Map.groupBy(answered, ({ kind }) => kind)].sort(([one], [other]) =>
    one.localeCompare(other),
  );
  console.log(
    tableOf(
      kinds.map(([kind, all]) => ({
        kind,
        sent: all.length,
        'looked at (200)': all.filter(({ status }) => status === 200).length,
        'refused (4xx)': all.filter(({ status }) => status >= 400 && status < 500).length,
        wrong: all.filter(({ wrong }) => wrong !== '').length,
        'p50 ms': Math.round(median(all.map(({ ms }) => ms))),
        'most ms': Math.round(Math.max(...all.map(({ ms }) => ms))),
      })),
    ),
  );
  console.log(`\n${tableOf(memory)}\n`);
  for (const { kind, wrong } of answered.filter((one) => one.wrong !== '').slice(0, WRONG_SHOWN)) {
    console.log(`wrong: ${kind}: ${wrong}`);
  }
  for (const line of died) console.log(`ended: ${line}`);
  console.log(isSound({ answered, memory, died }) ? `sound: ${answered.length} requests` : 'NOT sound');
}
