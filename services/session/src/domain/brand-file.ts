/** What a file of a brand is by its bytes, or why it will not do, in a sentence for the caller. */
export type BrandFile = { readonly extension: string } | { readonly mistake: string };

/** Sides of a picture, in pixels: more than any screen shows of a logo, and no burden for a phone. */
export const maxSide = 2_048;
/** What the tables of a font may unpack to. */
const maxFontBytes = 4 * 1024 * 1024;
const maxIcons = 20;

interface Size {
  readonly width: number;
  readonly height: number;
}

const svg =
  'SVG files are not accepted: they can hold scripts and call other servers. Send the picture as PNG, JPEG, WebP or ICO.';
const unknown = 'The file is not a PNG, JPEG, WebP or ICO picture.';
const damaged = 'The picture is damaged or incomplete.';

/** Judges a logo or icon by its bytes; its name and the type that the client gave say nothing. */
export function judgePicture(bytes: Buffer): BrandFile {
  const format = formats.find(({ begins }) => begins(bytes));
  if (format === undefined) return { mistake: isSvg(bytes) ? svg : unknown };
  const size = format.sizeOf(bytes);
  if (size === null || size.width === 0 || size.height === 0) return { mistake: damaged };
  if (Math.max(size.width, size.height) > maxSide) {
    return {
      mistake: `The picture has ${size.width} × ${size.height} pixels; each side may have ${maxSide} at most.`,
    };
  }
  return { extension: format.extension };
}

/** Judges a font by its bytes: WOFF2 whose header tells its true length. */
export function judgeFont(bytes: Buffer): BrandFile {
  if (bytes.length < 48 || bytes.toString('latin1', 0, 4) !== 'wOF2') {
    return { mistake: 'The file is not a WOFF2 font.' };
  }
  if (bytes.readUInt32BE(8) !== bytes.length || bytes.readUInt16BE(12) === 0) {
    return { mistake: 'The font is damaged or incomplete.' };
  }
  if (bytes.readUInt32BE(16) > maxFontBytes) return { mistake: 'The font is too large when it is unpacked.' };
  return { extension: 'woff2' };
}

const formats: readonly {
  readonly extension: string;
  readonly begins: (bytes: Buffer) => boolean;
  /** null when the bytes do not tell. */
  readonly sizeOf: (bytes: Buffer) => Size | null;
}[] = [
  { extension: 'png', begins: isPng, sizeOf: pngSize },
  { extension: 'jpg', begins: (bytes) => bytes.toString('hex', 0, 3) === 'ffd8ff', sizeOf: jpegSize },
  {
    extension: 'webp',
    begins: (bytes) =>
      bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP',
    sizeOf: webpSize,
  },
  { extension: 'ico', begins: (bytes) => bytes.toString('hex', 0, 4) === '00000100', sizeOf: iconSize },
];

function isSvg(bytes: Buffer): boolean {
  const packed = bytes.toString('hex', 0, 2) === '1f8b';
  return packed || /^\uFEFF?\s*<(\?xml|svg|!doctype\s+svg|!--)/i.test(bytes.toString('utf8', 0, 256));
}

function isPng(bytes: Buffer): boolean {
  return bytes.toString('hex', 0, 8) === '89504e470d0a1a0a';
}

function pngSize(bytes: Buffer): Size | null {
  if (bytes.length < 33 || bytes.toString('latin1', 12, 16) !== 'IHDR') return null;
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}

/** Walks the segments up to the frame header; each is at least two bytes longer than its marker, so the walk ends. */
function jpegSize(bytes: Buffer): Size | null {
  for (let at = 2; at + 9 <= bytes.length && bytes[at] === 0xff; ) {
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) at += 1;
    else if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      return { width: bytes.readUInt16BE(at + 7), height: bytes.readUInt16BE(at + 5) };
    } else {
      const length = bytes.readUInt16BE(at + 2);
      if (length < 2) return null;
      at += 2 + length;
    }
  }
  return null;
}

function webpSize(bytes: Buffer): Size | null {
  if (bytes.length < 30) return null;
  switch (bytes.toString('latin1', 12, 16)) {
    case 'VP8X':
      return { width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1 };
    case 'VP8L': {
      const bits = bytes.readUInt32LE(21);
      return { width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1 };
    }
    case 'VP8 ':
      return { width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff };
    default:
      return null;
  }
}

/** The largest of an icon's pictures, by what each says itself: the icon's own list may say anything. */
function iconSize(bytes: Buffer): Size | null {
  const count = bytes.length < 6 ? 0 : bytes.readUInt16LE(4);
  if (count === 0 || count > maxIcons || bytes.length < 6 + count * 16) return null;
  let largest: Size = { width: 0, height: 0 };
  for (let index = 0; index < count; index += 1) {
    const entry = 6 + index * 16;
    const [length, offset] = [bytes.readUInt32LE(entry + 8), bytes.readUInt32LE(entry + 12)];
    if (offset + length > bytes.length) return null;
    const picture = bytes.subarray(offset, offset + length);
    const size = isPng(picture) ? pngSize(picture) : bitmapSize(picture);
    if (size === null || size.width === 0 || size.height === 0) return null;
    if (Math.max(size.width, size.height) > Math.max(largest.width, largest.height)) largest = size;
  }
  return largest;
}

/** A bitmap of an icon begins with its header; its height counts the colours and, below them, the mask. */
function bitmapSize(bytes: Buffer): Size | null {
  if (bytes.length < 40 || bytes.readUInt32LE(0) < 40) return null;
  return { width: Math.abs(bytes.readInt32LE(4)), height: Math.ceil(Math.abs(bytes.readInt32LE(8)) / 2) };
}
