import type { Random } from '../../chaos/random.ts';
import type { Scene } from './camera.ts';
import { type Hold, project, toUnitSquare } from './planes.ts';
import type { Crop } from './portraits.ts';
import { type Raster, sample } from './raster.ts';

/** A printed picture as a camera sees it. */
export interface Paper {
  /** Reflectance of bare paper and of full ink, by channel. */
  readonly white: readonly [number, number, number];
  readonly black: number;
  /** Below 1: inks reach fewer colours than the screen had. */
  readonly saturation: number;
  /** Dot gain: exponent on reflectance. */
  readonly gain: number;
  /** Halftone cells across the sheet (0: continuous tone), and how deep their pattern is. */
  readonly cells: number;
  readonly dots: number;
  /** Fibre: relative roughness of the sheet's brightness, and how many grains across. */
  readonly fibre: number;
  readonly grains: number;
  /** White margin, share of the width; 0 when cut off. */
  readonly margin: number;
  /** How far the sheet bends, -1..1, about its upright axis. */
  readonly bend: number;
  /** Light of the room on the sheet: direction of its fall-off and strength. */
  readonly light: {
    readonly x: number;
    readonly y: number;
    readonly tint: readonly [number, number, number];
  };
  /** Mirrored lamps of a glossy sheet. */
  readonly highlights: readonly Highlight[];
  readonly lens: number;
}

/** A smooth bright patch; places and sizes in shares of the sheet. `square`: a window rather than a lamp. */
export interface Highlight {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly strength: number;
  readonly square: boolean;
}

/** Office paper from a laser or ink-jet printer, or a page of a magazine. */
export function drawPlainPaper(random: Random): Paper {
  const cells = random.pick([0, 420, 560, 700, 900]);
  return {
    ...drawSheet(random),
    white: [random.between(0.78, 0.86), random.between(0.78, 0.85), random.between(0.74, 0.88)],
    black: random.between(0.035, 0.08),
    saturation: random.between(0.65, 0.9),
    gain: random.between(0.95, 1.25),
    cells,
    dots: cells === 0 ? 0 : random.between(0.25, 0.7),
    fibre: random.between(0.01, 0.05),
    highlights: [],
  };
}

/** Photo paper from a laboratory: deep blacks, full colours, and it mirrors lamps and windows. */
export function drawGlossyPaper(random: Random): Paper {
  const highlights = Array.from({ length: 1 + random.integer(3) }, () => ({
    x: random.between(0.05, 0.95),
    y: random.between(0.05, 0.95),
    width: random.between(0.04, 0.3),
    height: random.between(0.05, 0.35),
    strength: random.between(0.12, 0.8),
    square: random.next() < 0.4,
  }));
  return {
    ...drawSheet(random),
    white: [0.88, 0.88, 0.87],
    black: random.between(0.01, 0.025),
    saturation: random.between(0.9, 1.05),
    gain: random.between(0.95, 1.1),
    cells: 0,
    dots: 0,
    fibre: random.between(0.002, 0.008),
    highlights,
  };
}

function drawSheet(random: Random) {
  const warmth = random.between(-0.05, 0.12);
  return {
    grains: random.between(120, 300),
    margin: random.next() < 0.6 ? random.between(0.02, 0.08) : 0,
    bend: random.between(-1, 1),
    light: {
      x: random.between(-0.35, 0.35),
      y: random.between(-0.35, 0.35),
      tint: [1 + warmth, 1, 1 - warmth] as const,
    },
    lens: random.between(0.18, 0.35),
  };
}

/** The sheet, held before the camera, as a layer over what lies behind. */
export function paperLayer(paper: Paper, hold: Hold, picture: Raster, crop: Crop): Scene {
  const map = toUnitSquare(hold);
  const ink = inkOf(paper, hold, picture, crop);
  return (x, y, out) => {
    const { x: u, y: v } = project(map, { x, y });
    if (u < 0 || u >= 1 || v < 0 || v >= 1) {
      // A soft shadow on what lies close behind.
      const away = Math.hypot(Math.max(0, -u, u - 1.02), Math.max(0, -v, v - 1.02));
      const shadow = 1 - 0.35 * Math.max(0, 1 - away / 0.07) ** 2;
      for (let channel = 0; channel < 3; channel += 1) out[channel] = (out[channel] as number) * shadow;
      return;
    }
    ink(u, v, out);
  };
}

/** Colour of the lit sheet at (u, v) of its unit square. */
export function inkOf(paper: Paper, hold: Hold, picture: Raster, crop: Crop) {
  const { margin, saturation, gain, light, bend } = paper;
  const marginDown = (margin * hold.width) / hold.height;
  const dots = halftone(paper, hold);
  const aspect = hold.height / hold.width;
  return (u: number, v: number, out: Float32Array): void => {
    const bent = u + 0.035 * bend * Math.sin(Math.PI * u) * (v - 0.5);
    const inside = bent > margin && bent < 1 - margin && v > marginDown && v < 1 - marginDown;
    if (inside) {
      const across = (bent - margin) / (1 - 2 * margin);
      const down = (v - marginDown) / (1 - 2 * marginDown);
      sample(picture, crop.left + across * crop.width, crop.top + down * crop.height, out);
    } else {
      out.fill(1);
    }
    const grey = 0.2126 * (out[0] as number) + 0.7152 * (out[1] as number) + 0.0722 * (out[2] as number);
    const fibre = 1 + paper.fibre * roughness(u * paper.grains, v * paper.grains * aspect);
    const fall = 1 + light.x * (u - 0.5) * 2 + light.y * (v - 0.5) * 2 + 0.12 * bend * Math.cos(Math.PI * u);
    for (let channel = 0; channel < 3; channel += 1) {
      const wanted = Math.max(0, grey + ((out[channel] as number) - grey) * saturation) ** gain;
      const printed = inside ? wanted + dots(u, v, channel) * Math.max(0, wanted * (1 - wanted)) : wanted;
      const white = paper.white[channel] as number;
      out[channel] =
        (paper.black + Math.max(0, printed) * (white - paper.black)) *
        fibre *
        fall *
        (light.tint[channel] as number);
    }
    for (const highlight of paper.highlights) {
      const shine = highlightAt(highlight, u, v);
      if (shine > 0.002)
        for (let channel = 0; channel < 3; channel += 1) out[channel] = (out[channel] as number) + shine;
    }
  };
}

function highlightAt({ x, y, width, height, strength, square }: Highlight, u: number, v: number): number {
  const [across, down] = [Math.abs(u - x) / width, Math.abs(v - y) / height];
  if (!square) return strength * Math.exp(-2 * (across ** 2 + down ** 2));
  const edge = (value: number) => 1 / (1 + Math.exp((value - 1) * 9));
  return 0.8 * strength * edge(across) * edge(down);
}

/** Screen angles of the inks that take out red, green and blue: cyan, magenta, yellow. Degrees. */
const ANGLES = [15, 75, 0] as const;

/** The dots' pattern at (u, v): what the lens leaves of its first harmonic. */
function halftone({ cells, dots, lens }: Paper, { width, height }: Hold) {
  if (cells === 0) return () => 0;
  const frequency = cells / width;
  const left = dots * 2 * Math.exp(-2 * (Math.PI * lens * frequency) ** 2) * Math.max(0, 1 - frequency / 2.2);
  const turns = ANGLES.map((degrees) => [
    Math.cos((degrees * Math.PI) / 180),
    Math.sin((degrees * Math.PI) / 180),
  ]);
  return (u: number, v: number, channel: number): number => {
    const [cos = 1, sin = 0] = turns[channel] ?? [];
    const [x, y] = [u * width * frequency * 2 * Math.PI, v * height * frequency * 2 * Math.PI];
    return left * 0.5 * (Math.cos(x * cos + y * sin) + Math.cos(y * cos - x * sin));
  };
}

/** Value noise -1..1 of fibres: the same at the same place of the sheet. */
function roughness(x: number, y: number): number {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [fx, fy] = [x - left, y - top];
  const upper = lattice(left, top) * (1 - fx) + lattice(left + 1, top) * fx;
  const lower = lattice(left, top + 1) * (1 - fx) + lattice(left + 1, top + 1) * fx;
  return upper * (1 - fy) + lower * fy;
}

function lattice(x: number, y: number): number {
  let mixed = Math.imul(x, 0x27d4eb2d) ^ Math.imul(y, 0x165667b1);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  return ((mixed ^ (mixed >>> 13)) >>> 0) / 2 ** 31 - 1;
}
