import { readFileSync } from 'node:fs';
import { compile } from 'watr';
import { WORKING_SIDE } from './decode.ts';
import type { Size } from './detection.ts';
import type { Affine } from './geometry.ts';
import { inverse } from './geometry.ts';
import type { CropForm, Picture } from './picture.ts';

/** The loops over pixels before the models, in SIMD. What they write lies where the models read it: nothing is copied. */
export interface Pixels {
  /** Room for a tensor; what an earlier call gave is gone. */
  tensor(length: number): Float32Array;
  /**
   * Puts the picture into the top left corner of a canvas of zeros: planes B, G, R with values 0..255.
   * @param out a part of the tensor
   */
  fillCanvas(picture: Picture, canvas: Size, out: Float32Array): void;
  /**
   * Writes the crop that `map` (picture to crop) describes. Bilinear; a source pixel outside the picture counts as 0;
   * values stay float.
   * @param out a part of the tensor
   */
  warp(picture: Picture, map: Affine, form: CropForm, out: Float32Array): void;
}

const PAGE_BYTES = 65_536;
/** The working picture at address 0, and what may be read behind its last pixel; a multiple of 16. */
const PICTURE_BYTES = 3 * WORKING_SIDE * WORKING_SIDE;
const TENSOR_ADDRESS = PICTURE_BYTES + 64;

/** The functions of pixels.wat. */
interface Loops {
  fill(...numbers: number[]): void;
  warp(...numbers: number[]): void;
}

/** Memory and loops of one thread. */
export function createPixels(): Pixels {
  const text = readFileSync(new URL('./pixels.wat', import.meta.url), 'utf8');
  const memory = new WebAssembly.Memory({ initial: pagesFor(TENSOR_ADDRESS), maximum: 65_536 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(compile(text))), {
    pixels: { memory },
  });
  const loops = exports as unknown as Loops;
  let loaded: Picture | undefined;

  /** Several crops are cut from one picture, one after the other. */
  function load(picture: Picture): void {
    if (loaded === picture) return;
    const { width, height, rgb } = picture;
    if (rgb.length > PICTURE_BYTES || rgb.length !== width * height * 3) {
      throw new RangeError('a picture that is larger than the working size, or not what it says');
    }
    new Uint8Array(memory.buffer, 0, rgb.length).set(rgb);
    loaded = picture;
  }

  function addressOf(out: Float32Array): number {
    if (out.buffer !== memory.buffer) throw new RangeError('no part of the tensor');
    return out.byteOffset;
  }

  return {
    tensor(length) {
      const pages = pagesFor(TENSOR_ADDRESS + length * Float32Array.BYTES_PER_ELEMENT);
      const missing = pages - memory.buffer.byteLength / PAGE_BYTES;
      if (missing > 0) memory.grow(missing);
      return new Float32Array(memory.buffer, TENSOR_ADDRESS, length);
    },

    fillCanvas(picture, canvas, out) {
      load(picture);
      const at = addressOf(out);
      const plane = canvas.width * canvas.height * Float32Array.BYTES_PER_ELEMENT;
      loops.fill(picture.width, picture.height, canvas.width, canvas.height, at + 2 * plane, at + plane, at);
    },

    warp(picture, map, { side, order, scale, shift }, out) {
      load(picture);
      const at = addressOf(out);
      const plane = side * side * Float32Array.BYTES_PER_ELEMENT;
      const [red, blue] = order === 'rgb' ? [at, at + 2 * plane] : [at + 2 * plane, at];
      const { a, b, tx, c, d, ty } = inverse(map);
      const { width, height } = picture;
      loops.warp(width, height, side, red, at + plane, blue, a, b, tx, c, d, ty, scale, shift);
    },
  };
}

function pagesFor(bytes: number): number {
  return Math.ceil(bytes / PAGE_BYTES);
}
