/** A transform of one power-of-two length. Works in place on real and imaginary parts. */
export type Fourier = (real: Float64Array, imaginary: Float64Array, offset: number) => void;

/** Radix-2 FFT of `size` values from `offset` on. Written here because no small maintained package has it in place. */
export function createFourier(size: number): Fourier {
  const reversed = new Uint16Array(size);
  const bits = Math.log2(size);
  if (!Number.isInteger(bits)) throw new RangeError('a transform has a power of two of values');
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
    for (let half = 1; half < size; half *= 2) {
      const stride = size / (2 * half);
      for (let start = offset; start < offset + size; start += 2 * half) {
        for (let step = 0; step < half; step += 1) {
          const cosine = cosines[step * stride] ?? 0;
          const sine = sines[step * stride] ?? 0;
          const even = start + step;
          const odd = even + half;
          const re = (real[odd] ?? 0) * cosine - (imaginary[odd] ?? 0) * sine;
          const im = (real[odd] ?? 0) * sine + (imaginary[odd] ?? 0) * cosine;
          real[odd] = (real[even] ?? 0) - re;
          imaginary[odd] = (imaginary[even] ?? 0) - im;
          real[even] = (real[even] ?? 0) + re;
          imaginary[even] = (imaginary[even] ?? 0) + im;
        }
      }
    }
  };
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
