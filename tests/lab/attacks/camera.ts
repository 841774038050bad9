import sharp from 'sharp';
import { type Random, randomOf } from '../../chaos/random.ts';
import { blurred, encoded, type Raster } from './raster.ts';

/** Light that reaches the sensor: writes linear R, G, B of frame position (x, y) into `out`. */
export type Scene = (x: number, y: number, out: Float32Array) => void;

/** A selfie camera and the room's light. */
export interface Camera {
  readonly width: number;
  readonly height: number;
  /** Gains of red, green, blue: white balance and its error. */
  readonly gains: readonly [number, number, number];
  /** Linear gain on top. */
  readonly exposure: number;
  /** Sigma of the lens and of focus, pixels. */
  readonly blur: number;
  /** Noise of the dark and of light, in units of linear light. */
  readonly readNoise: number;
  readonly shotNoise: number;
  /** Unsharp mask of the camera's processor. */
  readonly sharpening: number;
  /** Loss of light in the corners. */
  readonly vignette: number;
}

/** Draws an ordinary camera: phones and webcams, daylight to lamps. */
export function drawCamera(random: Random, size: { width: number; height: number }): Camera {
  const warmth = random.between(-0.06, 0.08);
  return {
    ...size,
    gains: [1 + warmth, 1, 1 - warmth],
    exposure: random.between(0.8, 1.25),
    blur: random.between(0.3, 0.75),
    readNoise: random.between(0.0005, 0.003),
    shotNoise: random.between(0.004, 0.016),
    sharpening: random.between(0, 0.6),
    vignette: random.between(0, 0.2),
  };
}

/** One sample a pixel: for frames of a sequence, where fine patterns are not what matters. */
export function exposeCoarsely(scene: Scene, { width, height }: { width: number; height: number }): Raster {
  const rgb = new Float32Array(width * height * 3);
  const site = new Float32Array(3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      scene(x, y, site);
      rgb.set(site, (y * width + x) * 3);
    }
  }
  return { width, height, rgb };
}

/**
 * Samples a scene as a sensor with a colour filter does: four sites a pixel, one red, two green, one blue. Fine
 * periodic patterns alias and take on colour, which is what makes moiré.
 */
export function expose(scene: Scene, { width, height }: { width: number; height: number }): Raster {
  const rgb = new Float32Array(width * height * 3);
  const site = new Float32Array(3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = (y * width + x) * 3;
      scene(x - 0.25, y - 0.25, site);
      rgb[at] = site[0] as number;
      scene(x + 0.25, y - 0.25, site);
      rgb[at + 1] = (site[1] as number) / 2;
      scene(x - 0.25, y + 0.25, site);
      rgb[at + 1] = (rgb[at + 1] as number) + (site[1] as number) / 2;
      scene(x + 0.25, y + 0.25, site);
      rgb[at + 2] = site[2] as number;
    }
  }
  registerColours(rgb, width, height);
  return { width, height, rgb };
}

/** Brings red and blue onto the pixel's centre by interpolation, in place, as a demosaicing camera does. */
function registerColours(rgb: Float32Array, width: number, height: number): void {
  const row = width * 3;
  const quarter = (at: number, across: number, down: number) => {
    const own = rgb[at] as number;
    const side = rgb[at + across] as number;
    const below = rgb[at + down] as number;
    rgb[at] = 0.5625 * own + 0.1875 * (side + below) + 0.0625 * (rgb[at + across + down] as number);
  };
  // Red reads pixels that come later, blue those before: neither sees a value that it has changed already.
  for (let y = 0; y < height - 1; y += 1) {
    for (let x = 0; x < width - 1; x += 1) quarter((y * width + x) * 3, 3, row);
  }
  for (let y = height - 1; y > 0; y -= 1) {
    for (let x = width - 1; x > 0; x -= 1) quarter((y * width + x) * 3 + 2, -3, -row);
  }
}

/** Lets an exposed raster go through lens, sensor and processor: 8-bit sRGB of the frame. */
export function develop(raster: Raster, camera: Camera, random: Random): Uint8Array {
  const { rgb } = blurred(raster, camera.blur);
  const { width, height } = raster;
  const out = new Float32Array(rgb.length);
  const [dark, shot] = [camera.readNoise ** 2, camera.shotNoise ** 2];
  const stride = 1 + random.integer(GRAIN.length - 1);
  let grain = random.integer(GRAIN.length);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const corner = (x / width - 0.5) ** 2 + (y / height - 0.5) ** 2;
      const light = camera.exposure * (1 - camera.vignette * 2 * corner);
      const at = (y * width + x) * 3;
      for (let channel = 0; channel < 3; channel += 1) {
        const gain = light * (camera.gains[channel] as number);
        const value = Math.max(0, (rgb[at + channel] as number) * gain);
        out[at + channel] = encoded(
          shoulder(value + Math.sqrt(dark + shot * value) * (GRAIN[grain] as number)),
        );
        grain += stride;
        if (grain >= GRAIN.length) grain -= GRAIN.length;
      }
    }
  }
  return sharpened(out, width, camera.sharpening);
}

/** Highlights bend instead of clipping: 0.8 and above are pressed below 1. */
function shoulder(value: number): number {
  return value <= 0.8 ? value : 0.8 + 0.2 * (1 - Math.exp((0.8 - value) / 0.2));
}

/** Unsharp mask over the four neighbours; the first and the last row stay as they are. */
function sharpened(values: Float32Array, width: number, amount: number): Uint8Array {
  const out = Uint8ClampedArray.from(values);
  const row = width * 3;
  for (let at = row + 3; at < values.length - row - 3; at += 1) {
    const across = (values[at - 3] as number) + (values[at + 3] as number);
    const down = (values[at - row] as number) + (values[at + row] as number);
    const value = values[at] as number;
    out[at] = value + amount * (value - (across + down) / 4);
  }
  return new Uint8Array(out.buffer);
}

/** Normal deviates by sums of three uniforms; a prime length, so that rows do not repeat. A draw starts anywhere in it. */
const GRAIN = (() => {
  const uniform = randomOf('grain').next;
  return Float32Array.from({ length: 262_139 }, () => (uniform() + uniform() + uniform() - 1.5) * 2);
})();

/** JPEG as the capture page's canvas makes it: quality 90, 4:2:0, standard tables, no metadata. */
export async function pageJpeg(
  rgb: Uint8Array,
  size: { width: number; height: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const image = sharp(rgb, { raw: { width: size.width, height: size.height, channels: 3 } });
  return new Uint8Array(await image.jpeg({ quality: 90, chromaSubsampling: '4:2:0' }).toBuffer());
}

/** Takes a scene with a camera, as the capture page would send it. */
export function shoot(scene: Scene, camera: Camera, random: Random): Promise<Uint8Array<ArrayBuffer>> {
  return pageJpeg(develop(expose(scene, camera), camera, random), camera);
}
