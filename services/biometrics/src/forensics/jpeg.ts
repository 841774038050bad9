import { readTags, type Tags } from './exif.ts';
import { bothMarks, type Marks, NO_MARKS, readMarks } from './marks.ts';
import { readTable, recogniseTable, type TableFamily, tableHash } from './quantisation.ts';

/** The structure of a JPEG, up to its first scan. */
export interface JpegStructure {
  /** As stored, before any turn; 0 when the frame header is missing. */
  readonly width: number;
  readonly height: number;
  readonly progressive: boolean;
  /** Luminance steps row by row. */
  readonly lumaTable: Uint16Array | undefined;
  readonly tableHash: number;
  readonly tableFamily: TableFamily;
  /** 1..100 on libjpeg's scale, 0 when the table is of no known family. */
  readonly quality: number;
  /** Adobe's marker, or resources of its programs. */
  readonly adobe: boolean;
  readonly tags: Tags | undefined;
  readonly marks: Marks;
}

/** Encoders write some ten segments, phones some dozens. */
const SEGMENTS_MAX = 256;

const MARKER = {
  startOfScan: 0xda,
  tables: 0xdb,
  comment: 0xfe,
  app1: 0xe1,
  app11: 0xeb,
  app13: 0xed,
  app14: 0xee,
};

/**
 * Walks the segments of a JPEG. Never throws: lengths that lead nowhere end the walk, and tables that are cut short
 * are left out.
 */
export function readJpeg(bytes: Uint8Array): JpegStructure {
  const tables = new Map<number, Uint16Array>();
  const found = { width: 0, height: 0, progressive: false, adobe: false };
  let tags: Tags | undefined;
  let marks = NO_MARKS;
  let at = 2;
  for (let count = 0; count < SEGMENTS_MAX && at + 4 <= bytes.length && bytes[at] === 0xff; count += 1) {
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const length = word(bytes, at + 2);
    if (marker === MARKER.startOfScan || length < 2) break;
    const body = bytes.subarray(at + 4, Math.min(bytes.length, at + 2 + length));
    at += 2 + length;
    if (marker === MARKER.tables) readTables(body, tables);
    else if (isFrameHeader(marker)) {
      found.height = word(body, 1);
      found.width = word(body, 3);
      found.progressive = marker === 0xc2;
    } else if (marker === MARKER.app1 && startsWith(body, 'Exif\0')) {
      tags ??= readTags(body.subarray(6));
      marks = bothMarks(marks, readMarks(body));
    } else if (marker === MARKER.comment || (marker >= MARKER.app1 && marker <= MARKER.app14)) {
      found.adobe ||= marker === MARKER.app13 || (marker === MARKER.app14 && startsWith(body, 'Adobe'));
      // Colour profiles (APP2) name their makers, who say nothing of the picture.
      if (!startsWith(body, 'ICC_PROFILE')) marks = bothMarks(marks, readMarks(body));
    }
  }
  const lumaTable = tables.get(0);
  const { family, quality } = lumaTable
    ? recogniseTable(lumaTable)
    : { family: 'other' as const, quality: 0 };
  return {
    ...found,
    lumaTable,
    tableHash: tableHash([...tables.values()]),
    tableFamily: family,
    quality,
    tags,
    marks,
  };
}

/** One segment may hold several tables. */
function readTables(body: Uint8Array, tables: Map<number, Uint16Array>): void {
  for (let at = 0; at < body.length; ) {
    const kind = body[at] ?? 0;
    const bits = kind >> 4 === 0 ? 8 : 16;
    const table = readTable(body.subarray(at + 1), bits);
    if (table === undefined) return;
    tables.set(kind & 15, table);
    at += 1 + (bits === 8 ? 64 : 128);
  }
}

/** SOF0 to SOF15 without DHT, JPG and DAC. */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    if (bytes[index] !== text.charCodeAt(index)) return false;
  }
  return true;
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
