/** Decoded size that a submitted portrait may have, in bytes. */
const portraitMaxBytes = 2 * 1024 * 1024;

export type Portrait = { readonly image: Buffer } | { readonly mistake: string };

/** Decodes base64 (a data URL's head is dropped) and looks at the first bytes; decoding the picture is not our work. */
export function decodePortrait(text: string): Portrait {
  const encoded = text.replace(/^data:image\/[a-z+.-]{1,20};base64,/i, '').replace(/[\r\n]/g, '');
  const bytes = Math.floor((encoded.replace(/=+$/, '').length * 3) / 4);
  if (bytes > portraitMaxBytes) return { mistake: 'Portrait image size should not exceed 2 MB.' };
  if (encoded === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return { mistake: 'Invalid base64 image.' };
  const image = Buffer.from(encoded, 'base64');
  if (!isPicture(image)) return { mistake: 'Unsupported image format: send a JPEG, PNG, WebP or TIFF.' };
  return { image };
}

/** Recognises JPEG, PNG, WebP and TIFF by their first bytes. */
export function isPicture(image: Buffer): boolean {
  const starts = (hex: string) => image.subarray(0, hex.length / 2).toString('hex') === hex;
  if (starts('ffd8ff') || starts('89504e470d0a1a0a')) return true;
  if (starts('49492a00') || starts('4d4d002a')) return true;
  return starts('52494646') && image.subarray(8, 12).toString('latin1') === 'WEBP';
}
