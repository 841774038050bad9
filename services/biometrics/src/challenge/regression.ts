/** Small least squares, for time series of a few dozen frames. */

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The middle of the sorted values; NaN of none. */
export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length / 2;
  if (sorted.length % 2 === 1) return sorted[Math.floor(middle)] ?? Number.NaN;
  return ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

/**
 * Solves `matrix * x = right` by elimination with pivots.
 * @returns undefined when the matrix is singular
 */
export function solve(
  matrix: readonly (readonly number[])[],
  right: readonly number[],
): number[] | undefined {
  const rows = matrix.map((row, index) => [...row, right[index] ?? 0]);
  const size = rows.length;
  for (let column = 0; column < size; column += 1) {
    let pivot = column;
    for (let row = column + 1; row < size; row += 1) {
      if (Math.abs(rows[row]?.[column] ?? 0) > Math.abs(rows[pivot]?.[column] ?? 0)) pivot = row;
    }
    const [chosen, other] = [rows[pivot] ?? [], rows[column] ?? []];
    const lead = chosen[column] ?? 0;
    if (!(Math.abs(lead) > 1e-12)) return undefined;
    [rows[column], rows[pivot]] = [chosen, other];
    for (let row = 0; row < size; row += 1) {
      const target = rows[row];
      if (row === column || target === undefined) continue;
      const share = (target[column] ?? 0) / lead;
      for (let at = column; at <= size; at += 1) target[at] = (target[at] ?? 0) - share * (chosen[at] ?? 0);
    }
  }
  return rows.map((row, index) => (row[size] ?? 0) / (row[index] ?? 1));
}

/**
 * Weighted least squares of `values` on `columns`.
 * @returns one coefficient for each column, or undefined when the columns depend on each other
 */
export function fit(
  columns: readonly (readonly number[])[],
  values: readonly number[],
  weights?: readonly number[],
): number[] | undefined {
  const product = (one: readonly number[], other: readonly number[]) =>
    one.reduce((sum, value, index) => sum + value * (other[index] ?? 0) * (weights?.[index] ?? 1), 0);
  return solve(
    columns.map((column) => columns.map((other) => product(column, other))),
    columns.map((column) => product(column, values)),
  );
}

/** `values` without the part that `columns` explain. */
export function without(columns: readonly (readonly number[])[], values: readonly number[]): number[] {
  const coefficients = fit(columns, values) ?? columns.map(() => 0);
  return values.map((value, index) =>
    columns.reduce((rest, column, at) => rest - (coefficients[at] ?? 0) * (column[index] ?? 0), value),
  );
}
