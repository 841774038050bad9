/** What the tags of an EXIF block or a TIFF file tell, without their texts. */
export interface Tags {
  /** 1..8; 1 when not given. */
  readonly orientation: number;
  /** Tags that only a camera, a person or a program adds; encoders of browsers write size, colour space, version. */
  readonly personal: boolean;
  readonly makerNote: boolean;
  readonly software: boolean;
  readonly provenance: boolean;
  /** Pixels as declared by TIFF tags, 0 without. */
  readonly width: number;
  readonly height: number;
}

const TAG = {
  width: 0x100,
  height: 0x101,
  orientation: 0x112,
  software: 0x131,
  exifDirectory: 0x8769,
  makerNote: 0x927c,
  /** C2PA manifest store of a TIFF. */
  manifest: 0xcd41,
} as const;

/**
 * Tags that tell nothing of an origin: layout of a TIFF, orientation, resolution, positioning, pointers, version,
 * components, colour space, pixel size. Apple's encoder writes some of them into every picture, also of a page.
 */
const PLAIN = new Set([
  ...[0xfe, 0x100, 0x101, 0x102, 0x103, 0x106, 0x111, 0x112, 0x115, 0x116, 0x117, 0x11a, 0x11b, 0x11c, 0x128],
  ...[0x13d, 0x13e, 0x13f, 0x142, 0x143, 0x144, 0x145, 0x152, 0x153, 0x15b, 0x211, 0x212, 0x213, 0x214],
  ...[0x8769, 0x8773, 0x9000, 0x9101, 0xa000, 0xa001, 0xa002, 0xa003, 0xa005],
]);

/** A real directory holds some dozens. */
const ENTRIES_MAX = 512;

/** Reads the first directory of a TIFF structure and its EXIF directory. Whatever is out of bounds reads as absent. */
export function readTags(tiff: Uint8Array): Tags {
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const found = { orientation: 1, personal: false, makerNote: false, software: false, provenance: false };
  const size = { width: 0, height: 0 };
  const little = tiff[0] === 0x49;
  const short = (at: number) => (at + 2 <= view.byteLength ? view.getUint16(at, little) : 0);
  const long = (at: number) => (at + 4 <= view.byteLength ? view.getUint32(at, little) : 0);

  /** @returns where the EXIF directory lies, 0 when there is none */
  function readDirectory(start: number): number {
    let exif = 0;
    if (start < 8 || start + 2 > view.byteLength) return 0;
    const entries = Math.min(short(start), ENTRIES_MAX);
    for (let index = 0; index < entries; index += 1) {
      const at = start + 2 + 12 * index;
      if (at + 12 > view.byteLength) break;
      const tag = short(at);
      const value = short(at + 2) === 3 ? short(at + 8) : long(at + 8);
      if (tag === TAG.orientation && value >= 1 && value <= 8) found.orientation = value;
      if (tag === TAG.width) size.width = value;
      if (tag === TAG.height) size.height = value;
      if (tag === TAG.exifDirectory) exif = value;
      found.makerNote ||= tag === TAG.makerNote;
      found.software ||= tag === TAG.software;
      found.provenance ||= tag === TAG.manifest;
      found.personal ||= !PLAIN.has(tag);
    }
    return exif;
  }

  const exif = readDirectory(long(4));
  if (exif !== 0) readDirectory(exif);
  return { ...found, ...size };
}
