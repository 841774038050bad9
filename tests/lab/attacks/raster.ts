import sharp from 'sharp';

/** A picture in linear light: rows from the top, R, G, B interleaved, 0 black to 1 the white of sRGB. Brighter is allowed. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly rgb: Float32Array;
}

/** sRGB byte to linear light. */
const TO_LINEAR = Float32Array.from({ length: 256 }, (_, byte) => {
  const value = byte / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
});

const STEPS = 4096;
/** Linear light to sRGB 0..255, not rounded: noise and sharpening come after. */
const FROM_LINEAR = Float32Array.from({ length: STEPS + 1 }, (_, index) => {
  const value = index / STEPS;
  return 255 * (value <= 0.0031308 ? value * 12.92 : 1.055 * value ** (1 / 2.4) - 0.055);
});

/** Linear light of an sRGB value 0..255. */
export function linear(byte: number): number {
  return TO_LINEAR[Math.max(0, Math.min(255, Math.round(byte)))] ?? 0;
}

/** sRGB 0..255 of linear light; what is above white stays white. */
export function encoded(value: number): number {
  return FROM_LINEAR[Math.max(0, Math.min(STEPS, (value * STEPS + 0.5) | 0))] ?? 0;
}

/** Linear light of 8-bit sRGB. */
export function linearOf(bytes: Uint8Array): Float32Array {
  const rgb = new Float32Array(bytes.length);
  for (let at = 0; at < bytes.length; at += 1) rgb[at] = TO_LINEAR[bytes[at] as number] as number;
  return rgb;
}

/** A black raster. */
export function blank(width: number, height: number): Raster {
  return { width, height, rgb: new Float32Array(width * height * 3) };
}

/** Decodes a JPEG or PNG upright. */
export async function readRaster(bytes: Uint8Array): Promise<Raster> {
  const { data, info } = await sharp(bytes)
    .autoOrient()
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return {
    width: info.width,
    height: info.height,
    rgb: linearOf(data),
  };
}

/** As 8-bit sRGB. */
export function bytesOf({ rgb }: Raster): Uint8Array {
  const bytes = new Uint8Array(rgb.length);
  for (let at = 0; at < rgb.length; at += 1) bytes[at] = Math.round(encoded(rgb[at] as number));
  return bytes;
}

/** Writes the colour at (x, y) into `out`: bilinear, pixel centres on integers, mirrored at the edges. */
export function sample({ width, height, rgb }: Raster, x: number, y: number, out: Float32Array): void {
  const mx = mirrored(x, width - 1);
  const my = mirrored(y, height - 1);
  const left = Math.min(width - 2, mx | 0);
  const top = Math.min(height - 2, my | 0);
  const fx = mx - left;
  const fy = my - top;
  const at = (top * width + left) * 3;
  const below = at + width * 3;
  for (let channel = 0; channel < 3; channel += 1) {
    const a = rgb[at + channel] as number;
    const b = rgb[at + channel + 3] as number;
    const c = rgb[below + channel] as number;
    const d = rgb[below + channel + 3] as number;
    const upper = a + (b - a) * fx;
    out[channel] = upper + (c + (d - c) * fx - upper) * fy;
  }
}

function mirrored(value: number, last: number): number {
  if (value >= 0 && value <= last) return value;
  const folded = Math.abs(value) % (2 * last);
  return folded > last ? 2 * last - folded : folded;
}

/** Gaussian blur; `sigma` in pixels. Below 0.3 it is the picture itself. */
export function blurred(raster: Raster, sigma: number): Raster {
  if (sigma < 0.3) return raster;
  const reach = Math.ceil(sigma * 2.5);
  const weights = Float32Array.from({ length: 2 * reach + 1 }, (_, index) =>
    Math.exp(-0.5 * ((index - reach) / sigma) ** 2),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const kernel = weights.map((weight) => weight / sum);
  const { width, height, rgb } = raster;
  const across = new Float32Array(rgb.length);
  convolve(rgb, across, height, width, width * 3, 3, kernel, reach);
  const both = new Float32Array(rgb.length);
  convolve(across, both, width, height, 3, width * 3, kernel, reach);
  return { width, height, rgb: both };
}

/** Filters `lines` lines of `length` pixels; offsets between lines and between pixels of a line in floats. */
function convolve(
  from: Float32Array,
  to: Float32Array,
  lines: number,
  length: number,
  lineOffset: number,
  pixelOffset: number,
  kernel: Float32Array,
  reach: number,
): void {
  for (let line = 0; line < lines; line += 1) {
    for (let index = 0; index < length; index += 1) {
      let [red, green, blue] = [0, 0, 0];
      for (let tap = -reach; tap <= reach; tap += 1) {
        const near = Math.max(0, Math.min(length - 1, index + tap));
        const at = line * lineOffset + near * pixelOffset;
        const weight = kernel[tap + reach] as number;
        red += weight * (from[at] as number);
        green += weight * (from[at + 1] as number);
        blue += weight * (from[at + 2] as number);
      }
      const at = line * lineOffset + index * pixelOffset;
      to[at] = red;
      to[at + 1] = green;
      to[at + 2] = blue;
    }
  }
}
