/**
 * Rows as an aligned table of Markdown, columns in the order of the first row that has them. Numbers stand to the right.
 * @returns one text, without a newline at its end; empty when there are no rows
 */
export function tableOf(rows: readonly Readonly<Record<string, string | number | undefined>>[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cells = rows.map((row) => columns.map((column) => String(row[column] ?? '')));
  const isNumber = columns.map((column) => rows.every((row) => typeof (row[column] ?? 0) === 'number'));
  const widths = columns.map((column, index) =>
    Math.max(column.length, 3, ...cells.map((line) => (line[index] ?? '').length)),
  );
  const line = (texts: readonly string[]) =>
    `| ${texts
      .map((text, index) =>
        isNumber[index] ? text.padStart(widths[index] ?? 0) : text.padEnd(widths[index] ?? 0),
      )
      .join(' | ')} |`;
  const rule = `| ${widths.map((width, index) => '-'.repeat(isNumber[index] ? width - 1 : width) + (isNumber[index] ? ':' : '')).join(' | ')} |`;
  return rows.length === 0 ? '' : [line(columns), rule, ...cells.map(line)].join('\n');
}
