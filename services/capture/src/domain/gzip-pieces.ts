import { constants, crc32, deflateRawSync } from 'node:zlib';

/** A part of a document, compressed so that it can be joined with others. */
export interface Piece {
  readonly plain: Buffer;
  /** Raw deflate, ended at a byte's edge and not the last block. */
  readonly deflated: Buffer;
}

/** No file name, no time, any system. */
const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
/** An empty last block. */
const end = Buffer.from([3, 0]);

/** Compresses a part that looks back at nothing before it. @param level 1 (fast) to 9 (small) */
export function pieceOf(text: string, level: number): Piece {
  const plain = Buffer.from(text);
  return { plain, deflated: deflateRawSync(plain, { level, finishFlush: constants.Z_FULL_FLUSH }) };
}

/**
 * Parts as one gzip stream: what never changes is compressed well, once, and every answer costs only what is its own.
 */
export function joinGzip(pieces: readonly Piece[]): Buffer {
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(
    pieces.reduce((sum, { plain }) => crc32(plain, sum), 0),
    0,
  );
  trailer.writeUInt32LE(pieces.reduce((sum, { plain }) => sum + plain.length, 0) >>> 0, 4);
  return Buffer.concat([header, ...pieces.map(({ deflated }) => deflated), end, trailer]);
}
