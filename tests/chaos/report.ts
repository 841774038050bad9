import { percentile } from '../load/percentiles.ts';
import type { ChaosOptions, ChaosResult } from './chaos-run.ts';
import { isClean } from './checker.ts';
import { targets } from './fault-schedule.ts';

/** Findings of one kind that are printed. */
const mostShown = 20;

/** True when the run proved what it should. */
export function isProven(result: ChaosResult): boolean {
  return isClean(result.verdict) && result.deadLetters === 0 && result.failedFaults.length === 0;
}

/** The result of a run as lines to print: a table, what was found, how to see it again. */
export function describe(result: ChaosResult, options: ChaosOptions): string[] {
  const { verdict, happened } = result;
  const sum = (figure: 'due' | 'requests' | 'retried' | 'duplicated') =>
    verdict.heard.reduce((total, heard) => total + heard[figure], 0);
  const outOfOrder = verdict.heard
    .filter((heard) => !heard.isOrdered)
    .reduce((total, heard) => total + heard.outOfOrder, 0);
  const killed = happened.filter((one) => one.isKill);
  const count = (kind: string) => happened.filter((one) => one.fault.kind === kind).length;
  const kills = targets.map(
    (target) => `${target} ${killed.filter((one) => one.fault.target === target).length}`,
  );
  const full = happened.filter((one) => one.fault.kind === 'fill_disk');
  const seconds = (ms: number) => `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  const sinceCommit = result.delays.map((delay) => delay.sinceCommitMs);
  const sinceWell = result.delays.map((delay) => delay.sinceWellMs);
  const rows: [string, string | number][] = [
    ['events (rows of the session outbox)', verdict.events],
    ['deliveries due', sum('due')],
    ['requests received', sum('requests')],
    ['kill -9 and immediate stops', killed.length],
    ['of them', kills.join(', ')],
    ["of Postgres', of a single backend", count('kill_backend')],
    ["of NATS', with its store deleted", count('lose_store')],
    ['freezes', count('freeze')],
    [
      'full disks of NATS',
      `${full.length} (${full.filter((one) => one.neededRestart).length} needed a restart)`,
    ],
    ['processes that ended by themselves', result.ownDeaths.length],
    ['dead letters', result.deadLetters],
    ['lost', verdict.lost.length],
    ['told again because refused or unanswered', sum('retried')],
    ['duplicated: told again though taken (same event_id, same content)', sum('duplicated')],
    ['reordered on ordered destinations', verdict.reordered.length],
    ['reordered on unordered ones, which is allowed', outOfOrder],
    ['contradictory', verdict.contradictory.length],
    ['acknowledged by the API and forgotten', verdict.forgotten.length],
    ['commit → good receiver, median', seconds(percentile(sinceCommit, 50))],
    ['commit → good receiver, p99', seconds(percentile(sinceCommit, 99))],
    ['commit → good receiver, longest', seconds(percentile(sinceCommit, 100))],
    ['longest after the last fault in its way was over', seconds(percentile(sinceWell, 100))],
    ['duration', seconds(result.durationMs)],
  ];
  const findings = (
    [
      ['lost', verdict.lost],
      ['reordered', verdict.reordered],
      ['contradictory', verdict.contradictory],
      ['forgotten', verdict.forgotten],
      ['failed fault', result.failedFaults],
      ['not delivered', result.undelivered],
      ['unexpected answer', result.surprises],
      ['ended by itself', result.ownDeaths],
    ] as const
  ).flatMap(([kind, list]) => [
    ...list.slice(0, mostShown).map((finding) => `${kind}: ${finding}`),
    ...(list.length > mostShown ? [`${kind}: ${list.length - mostShown} more`] : []),
  ]);
  return [
    ...markdownTable(['what', 'figure'], rows),
    '',
    ...markdownTable(
      ['receiver', 'due', 'requests', 'retried', 'duplicated', 'out of order'],
      verdict.heard.map((heard) => [
        heard.name,
        heard.due,
        heard.requests,
        heard.retried,
        heard.duplicated,
        heard.outOfOrder,
      ]),
    ),
    '',
    `The disk was filled by ${result.diskMeans}.`,
    ...findings,
    isProven(result) ? 'Proven: nothing was lost.' : 'NOT proven.',
    `Again: pnpm chaos --events ${options.events} --kills ${options.kills} --seed ${options.seed}`,
  ];
}

function markdownTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const all = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [first = [], ...others] = all;
  return [line(first), line(widths.map((width) => '-'.repeat(width))), ...others.map(line)];
}
