import { serviceNames } from '@selfsame/deploy/topology';
import { counted, seconds, table } from '../report.ts';
import type { DrainOutcome } from './drain-run.ts';

const mostFindings = 30;

/** What a drain showed, as tables in Markdown and what was found. */
export function describeDrain(outcome: DrainOutcome, tookMs: number): string[] {
  const { replaced, requests, ok, wrong, refused, lost, slowest } = outcome;
  const perService = serviceNames.map((service) => {
    const own = replaced.filter((each) => each.service === service);
    const drained = own.map(({ drainedMs }) => drainedMs).sort((a, b) => a - b);
    return [
      service,
      String(own.length),
      String(own.filter(({ exitCode }) => exitCode === 0).length),
      seconds(drained[Math.floor(drained.length / 2)] ?? 0),
      seconds(drained.at(-1) ?? 0),
    ];
  });
  return [
    ...table([['service', 'replaced', 'ended with 0', 'drained in, median', 'longest'], ...perService]),
    '',
    ...table([
      ['what', 'figure'],
      ['processes replaced', String(replaced.length)],
      ['requests of users', String(requests)],
      ['failed', String(requests - ok)],
      ['of them at once, not after a deadline', String(outcome.refusedAtOnce.length + wrong.length)],
      ['slowest answer', slowest === undefined ? '' : `${seconds(slowest.tookMs)} (${slowest.what})`],
      ['sessions', String(outcome.journeys)],
      ['webhooks received', String(outcome.webhooks)],
      ['live channels broken off and opened again', String(outcome.reconnected)],
      ['lost', String(lost.length)],
      ['duration', seconds(tookMs)],
    ]),
    '',
    ...[...refused].map(([words, count]) => `refused: ${words} × ${count}`),
    ...[...counted(wrong), ...counted(lost)].slice(0, mostFindings),
  ];
}
