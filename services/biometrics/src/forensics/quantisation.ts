/**
 * Luminance table of Annex K of the JPEG standard, row by row. libjpeg scales it by a quality 1..100, and so do the
 * encoders of Chromium and Firefox (Chromium 136 checked: quality 0.9 of a canvas gives exactly scale 90).
 */
const STANDARD_LUMA = [
  16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22,
  29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103,
  121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
] as const;

/** Table 3 of mozjpeg (of N. Robidoux), its default for years and that of many image services; no browser writes it. */
const MOZJPEG_LUMA = [
  16, 16, 16, 18, 25, 37, 56, 85, 16, 17, 20, 27, 34, 40, 53, 75, 16, 20, 24, 31, 43, 62, 91, 135, 18, 27, 31,
  40, 53, 74, 106, 156, 25, 34, 43, 53, 69, 94, 131, 189, 37, 40, 62, 74, 94, 124, 169, 238, 56, 53, 91, 106,
  131, 169, 226, 311, 85, 75, 135, 156, 189, 238, 311, 418,
] as const;

/** Place in a row-by-row table of each value of a table as the file stores it. */
const ZIGZAG = [
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46,
  53, 60, 61, 54, 47, 55, 62, 63,
] as const;

/** 64 steps, row by row, of a table as the file stores it: 8 or 16 bits a step. Undefined when it is cut short. */
export function readTable(stored: Uint8Array, bits: 8 | 16): Uint16Array | undefined {
  if (stored.length < (bits === 8 ? 64 : 128)) return undefined;
  const table = new Uint16Array(64);
  ZIGZAG.forEach((place, index) => {
    table[place] =
      bits === 8 ? (stored[index] ?? 0) : ((stored[2 * index] ?? 0) << 8) | (stored[2 * index + 1] ?? 0);
  });
  return table;
}

export type TableFamily = 'standard' | 'mozjpeg' | 'other';

/** Which family of encoders scales its luminance table to this one, and by which quality 1..100 (0: none known). */
export function recogniseTable(table: Uint16Array): { family: TableFamily; quality: number } {
  for (const [family, base] of [
    ['standard', STANDARD_LUMA],
    ['mozjpeg', MOZJPEG_LUMA],
  ] as const) {
    for (let quality = 100; quality >= 1; quality -= 1) {
      if (base.every((step, index) => scaledStep(step, quality) === table[index])) return { family, quality };
    }
  }
  return { family: 'other', quality: 0 };
}

/** libjpeg's scaling of one step, kept within a baseline table. */
function scaledStep(step: number, quality: number): number {
  const percent = quality < 50 ? Math.trunc(5000 / quality) : 200 - 2 * quality;
  return Math.min(255, Math.max(1, Math.trunc((step * percent + 50) / 100)));
}

/** FNV-1a over the steps of all tables: names an encoder's setting, exact in a double. */
export function tableHash(tables: readonly Uint16Array[]): number {
  let hash = 0x811c9dc5;
  for (const table of tables) {
    for (const step of table) hash = Math.imul(hash ^ step, 0x01000193) >>> 0;
  }
  return hash;
}
