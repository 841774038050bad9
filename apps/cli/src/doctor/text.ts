import { type Colour, columns, type Paint, wrap } from '../terminal.ts';
import type { Finding, Status } from './check.ts';
import type { Diagnosis } from './diagnose.ts';

const marks: Readonly<Record<Status, readonly [string, Colour]>> = {
  ok: ['ok', 'green'],
  warning: ['WARN', 'yellow'],
  failed: ['FAIL', 'red'],
  skipped: ['skip', 'dim'],
};
const nameWidth = 28;

/** The findings for a terminal of 100 columns, by area; what to do stands below what is wrong. */
export function doctorText({ findings, counts, healthy }: Diagnosis, paint: Paint): string {
  const areas = [...Map.groupBy(findings, ({ area }) => area)];
  const lines = areas.flatMap(([area, those]) => [
    paint('bold', area),
    ...those.flatMap((finding) => findingLines(finding, paint)),
    '',
  ]);
  const parts = (['failed', 'warning', 'skipped', 'ok'] as const).flatMap((status) =>
    counts[status] === 0 ? [] : [`${counts[status]} ${status}`],
  );
  const verdict = healthy
    ? counts.warning > 0
      ? 'works, with warnings'
      : 'all is well'
    : 'something is wrong';
  const colour = healthy ? (counts.warning > 0 ? 'yellow' : 'green') : 'red';
  return `${[...lines, `${paint(colour, verdict)}: ${parts.join(', ')}`].join('\n')}\n`;
}

function findingLines({ check, status, text, remedy }: Finding, paint: Paint): string[] {
  const [word, colour] = marks[status];
  const head = `  ${paint(colour, word.padEnd(4))}  ${check.padEnd(nameWidth)} `;
  const indent = ' '.repeat(9 + nameWidth);
  const room = columns - indent.length;
  const [first = '', ...more] = wrap(text, room);
  const todo = remedy === null ? [] : wrap(`→ ${remedy}`, room, '  ').map((line) => paint(colour, line));
  return [`${head}${first}`, ...[...more, ...todo].map((line) => `${indent}${line}`)];
}
