import { isGood, type Outcome } from './judgement.ts';

/** Most findings of a drill that are told one by one. */
const mostFindings = 20;

/** What drills showed, as a table in Markdown and what was found. */
export function describe(outcomes: readonly Outcome[]): string[] {
  const rows = outcomes.map((outcome) => [
    outcome.name,
    outcome.what,
    String(outcome.requests),
    String(outcome.ok),
    String(outcome.requests - outcome.ok - outcome.wrong.length),
    String(outcome.wrong.length),
    outcome.slowest === undefined ? '' : `${seconds(outcome.slowest.tookMs)} (${outcome.slowest.what})`,
    seconds(outcome.healedAfterMs) + (outcome.byHand === '' ? '' : `, ${outcome.byHand}`),
    `${outcome.journeys} / ${outcome.webhooks}`,
    String(outcome.lost.length),
  ]);
  const head = [
    'drill',
    'what happens',
    'requests',
    'ok',
    'refused clearly',
    'wrong',
    'slowest',
    'healed after',
    'sessions / webhooks',
    'lost',
  ];
  return [
    ...table([head, ...rows]),
    '',
    ...outcomes.flatMap(({ name, refused }) =>
      refused.size === 0
        ? []
        : [`${name}: refused ${[...refused].map(([words, count]) => `${words} × ${count}`).join(', ')}`],
    ),
    ...outcomes
      .filter((outcome) => !isGood(outcome))
      .flatMap(({ name, wrong, lost }) =>
        [...counted(wrong), ...counted(lost)].slice(0, mostFindings).map((finding) => `${name}: ${finding}`),
      ),
  ];
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** Equal sentences once, with their number. */
export function counted(sentences: readonly string[]): string[] {
  return [...Map.groupBy(sentences, (text) => text)].map(([text, all]) =>
    all.length === 1 ? text : `${text} (${all.length} times)`,
  );
}

export function table(rows: readonly (readonly string[])[]): string[] {
  const [head = [], ...rest] = rows;
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rest.map(line)];
}
