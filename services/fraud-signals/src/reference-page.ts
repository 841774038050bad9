import { catalogue } from './domain/catalogue.ts';
import type { Signal } from './domain/signal.ts';
import { levelsFrom } from './domain/weigh.ts';

const head = ['Signal', 'Type', 'Source', 'What it is', 'What it may mean', 'Weight', 'Sensitivity', 'Reads'];

/** The reference of all signals as Markdown: the same text for the same catalogue. */
export function referencePage(): string {
  const byCategory = [...Map.groupBy(catalogue, ({ category }) => category)].toSorted(([one], [other]) =>
    one < other ? -1 : 1,
  );
  const bySource = [...Map.groupBy(catalogue, ({ source }) => source)].toSorted(([one], [other]) =>
    one < other ? -1 : 1,
  );
  const weighty = catalogue.filter(({ weight }) => weight !== 0).length;
  return [
    '# Signals',
    'Made from the catalogue by `pnpm signals:reference`: change `services/fraud-signals/src/domain/catalogue`, not this page.',
    `There are ${catalogue.length} signals; ${weighty} of them weigh, the others are kept for rules and for whoever reads a case.`,
    [
      'Every signal has one of three states. A **value**: it was looked for and found. **Absent**: there is nothing that could have',
      'one, such as the reaction to a challenge after a passive look. **Unavailable**: nobody could look, such as without a database',
      'of addresses; it counts for nobody, and no rule takes it for clean.',
    ].join('\n'),
    [
      'Raised signals add up as independent doubts do: 1 - Π(1 - weight / 100). Of those that read the same facts only the heaviest',
      `counts, and negative weights take their share off. A score of ${levelsFrom.medium} and more is MEDIUM, of ${levelsFrom.high} and more HIGH.`,
    ].join('\n'),
    table([['Source', 'Signals'], ...bySource.map(([source, signals]) => [source, String(signals.length)])]),
    ...byCategory.flatMap(([category, signals]) => [
      `## ${titleOf(category)}`,
      table([head, ...signals.map(rowOf)]),
    ]),
    '',
  ]
    .join('\n\n')
    .trimEnd()
    .concat('\n');
}

function rowOf({
  id,
  type,
  source,
  description,
  risk,
  weight,
  sensitivity,
  reads,
  detects,
}: Signal): string[] {
  const may = detects === undefined ? risk : `${risk}; found to be \`${detects}\``;
  const named = reads.map((name) => `\`${name}\``).join(' ');
  return [
    `\`${id}\``,
    type,
    source,
    description,
    may,
    weight === 0 ? '' : String(weight),
    sensitivity,
    named,
  ];
}

function titleOf(category: string): string {
  const words = category.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A Markdown table with columns of one width, as the formatter wants it. */
function table(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(3, ...cells.map((row) => [...(row[column] ?? '')].length)),
  );
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - [...cell].length)).join(' | ')} |`;
  const [first = [], ...rest] = cells;
  return [line(first), line(widths.map((width) => '-'.repeat(width))), ...rest.map(line)].join('\n');
}
