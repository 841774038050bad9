/** Bytes that begin as a picture must. */
const signatures: readonly { readonly at: number; readonly bytes: readonly number[] }[] = [
  { at: 0, bytes: [0xff, 0xd8, 0xff] }, // JPEG
  { at: 0, bytes: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] }, // PNG
  { at: 8, bytes: [0x57, 0x45, 0x42, 0x50] }, // WebP, inside its RIFF
];

/** Whether these bytes are worth a look: JPEG, PNG or WebP by their first bytes. Decoding is for biometrics. */
export function looksLikeImage(bytes: Uint8Array): boolean {
  return signatures.some((signature) =>
    signature.bytes.every((byte, index) => bytes[signature.at + index] === byte),
  );
}
