/**
 * Ridge regression in its dual form: the weights W with (K + λ·I)·W = Y, by Cholesky's decomposition.
 * @param kernel likeness of every two examples, symmetric and (with λ) positive definite
 * @param targets what each example stands for
 * @param lambda of the regularisation, in units of the kernel's diagonal
 * @returns a row of weights for each example
 * @throws RangeError when the kernel is none
 */
export function ridgeWeights(
  kernel: readonly Float64Array[],
  targets: readonly Float64Array[],
  lambda: number,
): Float64Array[] {
  const size = kernel.length;
  const lower = kernel.map((row) => Float64Array.from(row));
  for (let row = 0; row < size; row += 1) {
    const own = lower[row] ?? new Float64Array(size);
    own[row] = (own[row] ?? 0) + lambda;
    for (let column = 0; column <= row; column += 1) {
      const other = lower[column] ?? own;
      let sum = own[column] ?? 0;
      for (let index = 0; index < column; index += 1) sum -= (own[index] ?? 0) * (other[index] ?? 0);
      if (column === row && !(sum > 0)) throw new RangeError('a kernel that is not positive');
      own[column] = column === row ? Math.sqrt(sum) : sum / (other[column] ?? 1);
    }
  }
  const weights = targets.map((row) => Float64Array.from(row));
  substitute(weights, (row, index) => (index < row ? (lower[row]?.[index] ?? 0) : 0), lower, 'down');
  substitute(weights, (row, index) => (index > row ? (lower[index]?.[row] ?? 0) : 0), lower, 'up');
  return weights;
}

/** Solves a triangular system in place, row by row. */
function substitute(
  rows: readonly Float64Array[],
  factor: (row: number, index: number) => number,
  lower: readonly Float64Array[],
  way: 'down' | 'up',
): void {
  const order = rows.map((_, index) => index);
  if (way === 'up') order.reverse();
  for (const row of order) {
    const own = rows[row] ?? new Float64Array(0);
    for (const [index, other] of rows.entries()) {
      const share = factor(row, index);
      if (share === 0) continue;
      for (let value = 0; value < own.length; value += 1)
        own[value] = (own[value] ?? 0) - share * (other[value] ?? 0);
    }
    const pivot = lower[row]?.[row] ?? 1;
    for (let value = 0; value < own.length; value += 1) own[value] = (own[value] ?? 0) / pivot;
  }
}
