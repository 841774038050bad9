import type { CaptureManifest, PageFacts } from '../../../src/wire.ts';
import type { Frame } from './shots.ts';

/** What a look has brought. Times are milliseconds since its challenge began. */
export interface Look {
  /** The frame that is compared, JPEG. */
  readonly image: Blob;
  readonly frames: readonly Frame[];
  readonly shownAtMs: readonly number[];
  /** Of the challenge; empty when there was none. */
  readonly nonce: string;
  /** Facts about the camera by their names in the signal catalogue. */
  readonly camera: CaptureManifest['camera'];
  /** Facts about the page and how it was used. */
  readonly page: PageFacts;
}

/** Signs the pictures of a look for its challenge; undefined where the browser cannot. */
export type Sign = (nonce: string, pictures: Blob) => Promise<CaptureManifest['proof']>;

/** Media type of a bundle. */
const bundleType = 'application/vnd.selfsame.capture';

/** Everything of one look as one body: four bytes of length, big-endian, the manifest as JSON, the image, the frames. */
export async function packBundle(look: Look, sign: Sign): Promise<Blob> {
  const pictures = new Blob([look.image, ...look.frames.map(({ jpeg }) => jpeg)]);
  const proof = await sign(look.nonce, pictures);
  const manifest: CaptureManifest = {
    nonce: look.nonce,
    image_bytes: look.image.size,
    frames: look.frames.map(({ jpeg, takenAtMs }) => ({ bytes: jpeg.size, taken_at_ms: takenAtMs })),
    shown_at_ms: [...look.shownAtMs],
    camera: look.camera,
    facts: look.page,
    ...(proof === undefined ? {} : { proof }),
  };
  const json = new TextEncoder().encode(JSON.stringify(manifest));
  const length = new DataView(new ArrayBuffer(4));
  length.setUint32(0, json.length);
  return new Blob([length.buffer, json, pictures], { type: bundleType });
}
