const signatures: readonly { readonly at: number; readonly bytes: string; readonly type: string }[] = [
  { at: 0, bytes: 'ffd8ff', type: 'image/jpeg' },
  { at: 0, bytes: '89504e470d0a1a0a', type: 'image/png' },
  { at: 8, bytes: Buffer.from('WEBP').toString('hex'), type: 'image/webp' },
  { at: 0, bytes: '49492a00', type: 'image/tiff' },
  { at: 0, bytes: '4d4d002a', type: 'image/tiff' },
];

/** What a picture is served as, by its first bytes; whatever was looked at is one of these. */
export function contentTypeOf(image: Uint8Array): string {
  const head = Buffer.from(image.subarray(0, 16)).toString('hex');
  const found = signatures.find(({ at, bytes }) => head.startsWith(bytes, at * 2));
  return found?.type ?? 'application/octet-stream';
}
