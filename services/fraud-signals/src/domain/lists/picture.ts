/** Decoded. */
const pictureMaxBytes = 5 * 1024 * 1024;

/** Decodes base64 (a data URL's head is dropped) and looks at the first bytes; decoding the picture is biometrics' work. */
export function decodePicture(text: string): { readonly image: Buffer } | { readonly mistake: string } {
  const encoded = text.replace(/^data:image\/[a-z+.-]{1,20};base64,/i, '').replace(/[\r\n]/g, '');
  if (encoded.length > Math.ceil(pictureMaxBytes / 3) * 4) {
    return { mistake: 'File size should not exceed 5 MB' };
  }
  if (encoded === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return { mistake: 'Invalid base64 image.' };
  const image = Buffer.from(encoded, 'base64');
  if (!isPicture(image)) return { mistake: 'Unsupported image format: send a JPEG, PNG, WebP or TIFF.' };
  return { image };
}

/** By the first bytes. */
function isPicture(image: Buffer): boolean {
  const start = image.subarray(0, 12).toString('hex');
  const marks = ['ffd8ff', '89504e470d0a1a0a', '49492a00', '4d4d002a'];
  if (marks.some((mark) => start.startsWith(mark))) return true;
  return start.startsWith('52494646') && image.subarray(8, 12).toString('latin1') === 'WEBP';
}
