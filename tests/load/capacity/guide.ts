import { capacity } from './command.ts';
import { type Measured, measured, type Part } from './measured.ts';
import { markdownTable } from './table.ts';

/** Where the tables are told. */
export const guideFile = new URL('../../../docs/capacity.md', import.meta.url);

const purposes: Readonly<Record<Part, string>> = {
  biometrics: 'the look: decode, detect, mesh, embed, liveness, traces, compare',
  postgres: 'some thirty statements and a dozen commits',
  session: 'create, open, challenge, attempt, verdict, decision, half a list',
  'fraud-signals': 'two assessments',
  'webhook-dispatcher': 'three webhooks',
  capture: "the page's questions and the upload",
  nats: 'a dozen events',
  gateway: 'the edge of this repository; yours will differ',
  share: 'nothing of a re-authentication; listens',
};

/** The guide with its tables as `measured.ts` has them: what was measured between its marks, and what each command prints below it. */
export function written(guide: string): string {
  return guide
    .replace(
      /(<!-- measured.ts -->\n)[\s\S]*?(<!-- \/measured.ts -->)/,
      (_, begin: string, end: string) => `${begin}\n${measuredText(measured)}\n\n${end}`,
    )
    .replace(
      /(```sh\npnpm capacity ?(.*)\n```\n\n)(?:\|.*\n)+/g,
      (_, command: string, args: string) => `${command}${capacity(args.split(' ').filter(Boolean))}\n`,
    );
}

function measuredText(figures: Measured): string {
  const { condition, visitMs, storedBytes, writtenBytes, eventBytes, eventDays, inBytes, outBytes } = figures;
  const all = Object.values(visitMs).reduce((sum, ms) => sum + ms, 0);
  const cores = markdownTable([
    ['part', 'ms of a core', 'for'],
    ...(Object.keys(visitMs) as Part[]).map((part) => [part, String(visitMs[part]), purposes[part]]),
    ['**together**', String(all), ''],
  ]);
  const kilobytes = (bytes: number) => String(bytes / 1000);
  const bytes = markdownTable([
    ['what a visit leaves and moves', 'kB', ''],
    [
      'in Postgres',
      kilobytes(storedBytes),
      'indexes included; most are the facts of two assessments, until `RAW_DAYS`',
    ],
    ['log of Postgres (WAL)', kilobytes(writtenBytes), ''],
    ['events in NATS', kilobytes(eventBytes), `kept for ${eventDays} days by each server`],
    ['in', kilobytes(inBytes), 'most of it the picture'],
    ['out', kilobytes(outBytes), 'page, answers, webhooks'],
  ]);
  return `${cores}\n\nThe milliseconds: ${condition}.\n\n${bytes}`;
}
