import type { ReleaseTrain } from './user-agent.ts';

/** Majors whose day is known; between two of them they came at equal distances, or near enough to count days by. */
const known: Readonly<Record<ReleaseTrain, readonly (readonly [major: number, day: string])[]>> = {
  chromium: [
    [60, '2017-07-25'],
    [70, '2018-10-16'],
    [80, '2020-02-04'],
    [90, '2021-04-14'],
    [94, '2021-09-21'],
    [100, '2022-03-29'],
    [110, '2023-02-07'],
    [120, '2023-12-05'],
    [131, '2024-11-12'],
    [132, '2025-01-14'],
    [143, '2025-12-02'],
    [144, '2026-01-13'],
    [152, '2026-08-25'],
    [153, '2026-09-08'],
  ],
  firefox: [
    [60, '2018-05-09'],
    [72, '2020-01-07'],
    [91, '2021-08-10'],
    [100, '2022-05-03'],
    [115, '2023-07-04'],
    [128, '2024-07-09'],
    [140, '2025-06-24'],
    [150, '2026-04-21'],
    [153, '2026-07-21'],
    [156, '2026-10-13'],
  ],
  safari: [
    [10, '2016-09-20'],
    [11, '2017-09-19'],
    [12, '2018-09-17'],
    [13, '2019-09-19'],
    [14, '2020-09-16'],
    [15, '2021-09-20'],
    [16, '2022-09-12'],
    [17, '2023-09-18'],
    [18, '2024-09-16'],
    [26, '2025-09-15'],
  ],
};

/** How far apart those after the last known one are. */
const cycleDays: Readonly<Record<ReleaseTrain, number>> = { chromium: 14, firefox: 28, safari: 365 };
const dayMs = 86_400_000;

/**
 * When a major version became stable, in milliseconds since 1970; of later ones than the table knows, when it should. Null for
 * those from before it, and for numbers that were left out.
 */
export function releasedAt(train: ReleaseTrain, major: number): number | null {
  const table = known[train];
  const after = table.findIndex(([number]) => number >= major);
  if (after === -1) {
    const [last, day] = table.at(-1) ?? [0, ''];
    return Date.parse(day) + (major - last) * cycleDays[train] * dayMs;
  }
  const [number, day] = table[after] ?? [0, ''];
  if (number === major) return Date.parse(day);
  const before = table[after - 1];
  // Apple counts years: nothing lies between 18 and 26.
  if (before === undefined || train === 'safari') return null;
  const share = (major - before[0]) / (number - before[0]);
  return Math.round(Date.parse(before[1]) + share * (Date.parse(day) - Date.parse(before[1])));
}
