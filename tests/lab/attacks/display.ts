import type { Random } from '../../chaos/random.ts';
import type { Scene } from './camera.ts';
import { type Hold, project, toUnitSquare } from './planes.ts';
import type { Crop } from './portraits.ts';
import { type Raster, sample } from './raster.ts';

/** A lit screen as a camera sees it. Lengths of the bezel in shares of the screen's width. */
export interface Display {
  /** Display pixels across and down. */
  readonly columns: number;
  readonly rows: number;
  /** `stripes`: R, G, B side by side in every pixel. `pentile`: red and blue in every second one, as most phones have. */
  readonly pattern: 'stripes' | 'pentile';
  /** White of the screen over white of the room's paper, by channel. */
  readonly white: readonly [number, number, number];
  /** What a black pixel still sends out, share of white. */
  readonly leak: number;
  /** Contrast of the screen's own curve: exponent on linear light. */
  readonly curve: number;
  readonly bezel: {
    readonly side: number;
    readonly top: number;
    readonly bottom: number;
    readonly grey: number;
  };
  /** Depth 0..1, rows of the frame, phase of the bands that row-wise refresh and dimming leave in a rolling shutter. */
  readonly bands: { readonly depth: number; readonly period: number; readonly phase: number };
  /** A window or lamp mirrored by the glass: place in the screen's unit square, size, strength. */
  readonly glare: {
    readonly x: number;
    readonly y: number;
    readonly size: number;
    readonly strength: number;
  };
  /** Room light that the whole glass throws back. */
  readonly veil: number;
  /** Sigma, in frame pixels, of the camera's lens for the finest detail: what decides whether the grid is resolved. */
  readonly lens: number;
}

/** A phone in the attacker's hand: 720 to 1440 pixels wide. */
export function drawPhone(random: Random): Display {
  const columns = random.pick([720, 828, 1080, 1170, 1440]);
  return {
    columns,
    rows: Math.round(columns * 2),
    pattern: random.pickWeighted([
      ['pentile', 2],
      ['stripes', 1],
    ] as const),
    bezel: {
      side: random.between(0.02, 0.06),
      top: random.between(0.03, 0.2),
      bottom: random.between(0.03, 0.2),
      grey: random.between(0.004, 0.03),
    },
    ...drawLight(random),
  };
}

/** A monitor on a desk: 1280 to 2560 pixels wide, stripes, a thicker frame. */
export function drawMonitor(random: Random): Display {
  const [columns, rows] = random.pick([
    [1280, 1024],
    [1680, 1050],
    [1920, 1080],
    [2560, 1440],
  ] as const);
  const bezel = random.between(0.012, 0.04);
  return {
    columns,
    rows,
    pattern: 'stripes',
    bezel: {
      side: bezel,
      top: bezel,
      bottom: bezel * random.between(1, 2.5),
      grey: random.between(0.005, 0.08),
    },
    ...drawLight(random),
  };
}

function drawLight(random: Random) {
  const bright = random.between(0.55, 1.25);
  const cool = random.between(-0.04, 0.14);
  return {
    white: [bright * (1 - cool), bright, bright * (1 + cool)] as const,
    leak: random.between(0.0005, 0.004),
    curve: random.between(0.92, 1.15),
    bands: {
      depth: random.next() < 0.5 ? 0 : random.between(0.015, 0.14),
      period: random.between(60, 320),
      phase: random.between(0, 1),
    },
    glare: {
      x: random.between(-0.2, 1.2),
      y: random.between(-0.2, 1),
      size: random.between(0.08, 0.3),
      strength: random.next() < 0.45 ? 0 : random.between(0.03, 0.25),
    },
    veil: random.between(0.002, 0.02),
    lens: random.between(0.14, 0.34),
  };
}

/**
 * The display, held before the camera, as a layer over what lies behind.
 * @param hold of the lit part; the bezel comes around it
 * @param picture shown, filling the lit part with `crop` of it
 */
export function displayLayer(display: Display, hold: Hold, picture: Raster, crop: Crop): Scene {
  const map = toUnitSquare(hold);
  const { bezel, bands, glare, white, curve } = display;
  const grid = subpixelGrid(display, hold);
  const bezelTop = (bezel.top * hold.width) / hold.height;
  const bezelBottom = (bezel.bottom * hold.width) / hold.height;
  return (x, y, out) => {
    const { x: u, y: v } = project(map, { x, y });
    if (u < -bezel.side || u > 1 + bezel.side || v < -bezelTop || v > 1 + bezelBottom) return;
    const shine = glare.strength * Math.exp(-((u - glare.x) ** 2 + (v - glare.y) ** 2) / glare.size ** 2);
    if (u < 0 || u >= 1 || v < 0 || v >= 1) {
      const rim = bezel.grey + 0.4 * shine + display.veil;
      out.fill(rim);
      return;
    }
    sample(picture, crop.left + u * crop.width, crop.top + v * crop.height, out);
    const band = 1 + bands.depth * Math.cos(2 * Math.PI * (y / bands.period + bands.phase));
    for (let channel = 0; channel < 3; channel += 1) {
      const light = Math.max(0, out[channel] as number) ** curve;
      const lit = (light + display.leak) * (white[channel] as number) * grid(u, v, channel) * band;
      out[channel] = lit + shine + display.veil;
    }
  };
}

/**
 * How the subpixels modulate the light at (u, v): the first harmonic of the grid in each direction, weakened by the lens
 * and by the size of a sensor site. What is left beats with the sensor's grid where it is sampled.
 */
function subpixelGrid({ columns, rows, pattern, lens }: Display, { width, height }: Hold) {
  const across = (columns / width) * (pattern === 'pentile' ? 0.5 : 1);
  const down = (rows / height) * (pattern === 'pentile' ? 0.5 : 1);
  const share = (cycles: number) =>
    Math.exp(-2 * (Math.PI * lens * cycles) ** 2) * Math.abs(sinc(cycles * 0.5));
  const [stripes, lines] = [0.95 * share(across), 0.5 * share(down)];
  const green = pattern === 'pentile' ? [0.6 * share(2 * across), 2] : [stripes, 1];
  return (u: number, v: number, channel: number): number => {
    const [depth, harmonic] = channel === 1 ? (green as [number, number]) : [stripes, 1];
    const column = (u * width * across * harmonic - (channel - 1) / 3) * 2 * Math.PI;
    const row = v * height * down * 2 * Math.PI;
    return Math.max(0, (1 + depth * Math.cos(column)) * (1 + lines * Math.cos(row)));
  };
}

function sinc(value: number): number {
  return value === 0 ? 1 : Math.sin(Math.PI * value) / (Math.PI * value);
}
