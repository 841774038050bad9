import { parseArgs } from 'node:util';
import { allDrills } from './all-drills.ts';
import type { Drill } from './drill.ts';

/** What to practise. */
export type Wish =
  | { readonly kind: 'drills'; readonly drills: readonly Drill[]; readonly seconds: number }
  | { readonly kind: 'drain'; readonly times: number; readonly replicas: number; readonly atOnce: number };

export const usage = [
  'usage: drill [name…] [--seconds N], drill drain [--times N] [--replicas N] [--at-once N]',
  `names: ${allDrills.map(({ name }) => name).join(', ')}`,
].join('\n');

/**
 * Reads a command line. A name stands for all drills that begin with it; no name for all of them.
 * @returns null where a number is none, a name stands for nothing, or a drain is asked for together with drills
 * @throws TypeError on an unknown option
 */
export function readWish(line: readonly string[]): Wish | null {
  const { values, positionals } = parseArgs({
    args: [...line],
    allowPositionals: true,
    options: {
      seconds: { type: 'string', default: '20' },
      times: { type: 'string', default: '20' },
      replicas: { type: 'string', default: '2' },
      'at-once': { type: 'string', default: '3' },
    },
  });
  const [seconds = 0, times = 0, replicas = 0, atOnce = 0] = [
    values.seconds,
    values.times,
    values.replicas,
    values['at-once'],
  ].map(Number);
  if (![seconds, times, replicas, atOnce].every((value) => value > 0)) return null;
  if (positionals.includes('drain')) {
    return positionals.length === 1 ? { kind: 'drain', times, replicas, atOnce } : null;
  }
  const named = positionals.map((wanted) => allDrills.filter(({ name }) => name.startsWith(wanted)));
  if (named.some((drills) => drills.length === 0)) return null;
  const chosen = new Set(named.flat());
  const drills = positionals.length === 0 ? allDrills : allDrills.filter((drill) => chosen.has(drill));
  return { kind: 'drills', drills, seconds };
}
