/** The content type of a bundle: a manifest, the picture that is compared, and the frames of a challenge. */
export const bundleType = 'application/vnd.selfsame.capture';

/** The manifest's length stands in front of it, big-endian. */
const lengthBytes = 4;
const manifestBytesMax = 64_000;
/** As biometrics takes them. */
const framesBytesMax = 10_000_000;

/** What a manifest says of the bytes behind it. */
export interface BundleLayout {
  readonly image_bytes: number;
  readonly frames: readonly { readonly bytes: number }[];
}

/** Views into the bundle: nothing is copied. */
export interface BundlePictures {
  /** The picture that is compared. */
  readonly image: Buffer;
  /** In the order of the manifest. */
  readonly frames: readonly Buffer[];
  /** All of them as they lie, which is what a device signs. */
  readonly together: Buffer;
}

/** A bundle in its two parts; null when it does not begin with a manifest. The manifest is unchecked JSON. */
export function openBundle(body: Buffer): { manifest: unknown; pictures: Buffer } | null {
  if (body.length < lengthBytes) return null;
  const manifestBytes = body.readUInt32BE(0);
  const end = lengthBytes + manifestBytes;
  if (manifestBytes === 0 || manifestBytes > manifestBytesMax || end > body.length) return null;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body.subarray(lengthBytes, end));
    return { manifest: JSON.parse(text), pictures: body.subarray(end) };
  } catch {
    return null;
  }
}

/** The pictures of a bundle; null when the lengths are not exactly those of the bytes, or the frames are too large together. */
export function cutPictures(pictures: Buffer, layout: BundleLayout): BundlePictures | null {
  const framesBytes = layout.frames.reduce((sum, { bytes }) => sum + bytes, 0);
  if (framesBytes > framesBytesMax || layout.image_bytes + framesBytes !== pictures.length) return null;
  let end = layout.image_bytes;
  const frames = layout.frames.map(({ bytes }) => {
    const start = end;
    end += bytes;
    return pictures.subarray(start, end);
  });
  return { image: pictures.subarray(0, layout.image_bytes), frames, together: pictures };
}
