/** A transform of one power-of-two length. Works in place on real and imaginary parts. */
export type Fourier = (real: Float64Array, imaginary: Float64Array, offset: number) => void;

/** Radix-2 FFT of `size` values from `offset` on. Written here because no small maintained package has it in place. */
export function createFourier(size: number): Fourier {
  const reversed = new Uint16Array(size);
  const bits = Math.log2(size);
  if (!Number.isInteger(bits) || bits < 2)
    throw new RangeError('a transform has a power of two of values, four and more');
  for (let index = 0; index < size; index += 1) {
    for (let bit = 0; bit < bits; bit += 1) {
      if (index & (1 << bit)) reversed[index] = (reversed[index] ?? 0) | (1 << (bits - 1 - bit));
    }
  }
  const cosines = Float64Array.from({ length: size / 2 }, (_, index) =>
    Math.cos((2 * Math.PI * index) / size),
  );
  const sines = Float64Array.from(
    { length: size / 2 },
    (_, index) => -Math.sin((2 * Math.PI * index) / size),
  );

  return (real, imaginary, offset) => {
    for (let index = 0; index < size; index += 1) {
      const other = reversed[index] ?? 0;
      if (other > index) {
        swap(real, offset + index, offset + other);
        swap(imaginary, offset + index, offset + other);
      }
    }
    for (let start = offset; start < offset + size; start += 4) transformFour(real, imaginary, start);
    for (let half = 4; half < size; half *= 2) {
      const stride = size / (2 * half);
      for (let start = offset; start < offset + size; start += 2 * half) {
        for (let step = 0; step < half; step += 1) {
          const cosine = cosines[step * stride] ?? 0;
          const sine = sines[step * stride] ?? 0;
          const even = start + step;
          const odd = even + half;
          const oddReal = real[odd] ?? 0;
          const oddImaginary = imaginary[odd] ?? 0;
          const evenReal = real[even] ?? 0;
          const evenImaginary = imaginary[even] ?? 0;
          const re = oddReal * cosine - oddImaginary * sine;
          const im = oddReal * sine + oddImaginary * cosine;
          real[odd] = evenReal - re;
          imaginary[odd] = evenImaginary - im;
          real[even] = evenReal + re;
          imaginary[even] = evenImaginary + im;
        }
      }
    }
  };
}

/** The first two rounds at once: their factors are 1 and -i, so that nothing is multiplied. */
function transformFour(real: Float64Array, imaginary: Float64Array, at: number): void {
  const a = real[at] ?? 0;
  const b = real[at + 1] ?? 0;
  const c = real[at + 2] ?? 0;
  const d = real[at + 3] ?? 0;
  const e = imaginary[at] ?? 0;
  const f = imaginary[at + 1] ?? 0;
  const g = imaginary[at + 2] ?? 0;
  const h = imaginary[at + 3] ?? 0;
  real[at] = a + b + (c + d);
  real[at + 1] = a - b + (g - h);
  real[at + 2] = a + b - (c + d);
  real[at + 3] = a - b - (g - h);
  imaginary[at] = e + f + (g + h);
  imaginary[at + 1] = e - f - (c - d);
  imaginary[at + 2] = e + f - (g + h);
  imaginary[at + 3] = e - f + (c - d);
}

function swap(values: Float64Array, one: number, other: number): void {
  const value = values[one] ?? 0;
  values[one] = values[other] ?? 0;
  values[other] = value;
}

/** A Hann window of `size` values 0..1. */
export function hann(size: number): Float64Array {
  return Float64Array.from(
    { length: size },
    (_, index) => 0.5 - 0.5 * Math.cos((2 * Math.PI * index) / size),
  );
}
