import { readFileSync } from 'node:fs';
import { compile } from 'watr';
import { WORKING_SIDE } from '../pipeline/decode.ts';
import type { Picture } from '../pipeline/picture.ts';

/** The functions of loops.wat. */
interface Loops {
  cut(from: number, line: number, width: number, height: number, to: number): void;
  reduce(width: number, step: number, across: number, down: number, to: number): void;
  bends(patch: number, limit: number, columns: number, rows: number): void;
  responses(patch: number, width: number, height: number, row: number, counts: number): void;
  levels(at: number, line: number, steps: number, counts: number): void;
}

const PAGE_BYTES = 65_536;
/** The picture at address 0, and what may be read behind its last pixel; a multiple of 16. */
const PICTURE_BYTES = 3 * WORKING_SIDE * WORKING_SIDE;
const RESULTS_ADDRESS = PICTURE_BYTES + 64;
/** Ample for the patch, the overview and the sums of every trace: 256 + 100 + 7 kB. */
const RESULTS_BYTES = 400_000;

const memory = new WebAssembly.Memory({ initial: Math.ceil((RESULTS_ADDRESS + RESULTS_BYTES) / PAGE_BYTES) });
const pixels = new Uint8Array(memory.buffer, 0, PICTURE_BYTES);
let free = RESULTS_ADDRESS;
let loaded: Picture | undefined;

/** The loops over pixels, in SIMD, on the memory of this thread. */
export const loops = openLoops();

function openLoops(): Loops {
  const text = readFileSync(new URL('./loops.wat', import.meta.url), 'utf8');
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(compile(text))), {
    forensics: { memory },
  });
  return exports as unknown as Loops;
}

/** Puts a picture where the loops find it. Several traces read the same one, one after the other. */
export function loadPicture(picture: Picture): void {
  if (loaded === picture) return;
  const { width, height, rgb } = picture;
  if (rgb.length > PICTURE_BYTES || rgb.length !== width * height * 3) {
    throw new RangeError('a picture that is larger than the working size, or not what it says');
  }
  pixels.set(rgb);
  loaded = picture;
}

/** Room for results, kept for good; its address is its byteOffset. */
export function reserveWords(count: number): Int32Array {
  return new Int32Array(memory.buffer, reserve(4 * count), count);
}

/** The same for values of float32. */
export function reserveFloats(count: number): Float32Array {
  return new Float32Array(memory.buffer, reserve(4 * count), count);
}

/** The same for values of float64. */
export function reserveDoubles(count: number): Float64Array {
  return new Float64Array(memory.buffer, reserve(8 * count), count);
}

/** Vectors begin at multiples of 16, and up to one is written behind the end. */
function reserve(bytes: number): number {
  const at = free;
  free += Math.ceil(bytes / 16) * 16 + 16;
  return at;
}
