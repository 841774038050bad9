/**
 * How templates lie in the memory that search threads share. A record is a template and the id of its row; records lie
 * in blocks, each one page of WebAssembly memory, so that a collection grows without being copied.
 */

/** Values of a protected template, one signed byte each. */
export const TEMPLATE_BYTES = 256;

/** The template, then the row's id as a little-endian float64: a whole number below 2^53. */
export const RECORD_BYTES = TEMPLATE_BYTES + 8;

/** A page of WebAssembly memory. */
export const BLOCK_BYTES = 65_536;

/** A multiple of four, which is how many records the inner loop takes at once. */
export const BLOCK_RECORDS = Math.floor(BLOCK_BYTES / RECORD_BYTES / 4) * 4;

/** Address of a record in the block of that number. */
export function recordAddress(block: number, position: number): number {
  return block * BLOCK_BYTES + position * RECORD_BYTES;
}

/** Where the id of a record lies in a Float64Array over the whole memory. */
export function idIndex(address: number): number {
  return (address + TEMPLATE_BYTES) / 8;
}
