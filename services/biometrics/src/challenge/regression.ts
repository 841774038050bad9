/** Small least squares, for time series of a few dozen frames. */

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

/** Columns of the same span that are of length 1 and at right angles to each other (Gram and Schmidt). */
export function orthonormal(columns: readonly (readonly number[])[]): number[][] {
  const basis: number[][] = [];
  for (const column of columns) {
    const rest = without(basis, column);
    const length = Math.sqrt(dot(rest, rest));
    if (length > 1e-9) basis.push(rest.map((value) => value / length));
  }
  return basis;
}

/** `values` without the part that lies in the span of an orthonormal `basis`. */
export function without(basis: readonly (readonly number[])[], values: readonly number[]): number[] {
  const rest = [...values];
  for (const column of basis) {
    const share = dot(column, values);
    for (let at = 0; at < rest.length; at += 1) rest[at] = (rest[at] ?? 0) - share * (column[at] ?? 0);
  }
  return rest;
}

export function dot(one: readonly number[], other: readonly number[]): number {
  let sum = 0;
  for (let at = 0; at < one.length; at += 1) sum += (one[at] ?? 0) * (other[at] ?? 0);
  return sum;
}
