import { openBrowser } from '@selfsame/testing/browser';

/** How the page may send a picture. */
export interface Setting {
  /** Pixels; the camera's own size when that is smaller. */
  readonly longSide: number;
  /** Of `canvas.toBlob`, 0..1. */
  readonly quality: number;
}

/** The page's own way from a camera's frame to bytes: a canvas of Chromium. */
export interface Encoder {
  /**
   * @param picture PNG or JPEG
   * @returns one JPEG for every setting, in their order
   */
  encode(picture: Uint8Array, settings: readonly Setting[]): Promise<Uint8Array<ArrayBuffer>[]>;
  close(): Promise<void>;
}

/** Opens Chromium. @throws Error when there is none */
export async function openEncoder(): Promise<Encoder> {
  const browser = await openBrowser();
  const page = await browser.newPage();
  return {
    async encode(picture, settings) {
      const texts = await page.evaluate(encodeInPage, {
        picture: Buffer.from(picture).toString('base64'),
        settings: [...settings],
      });
      return texts.map((text) => new Uint8Array(Buffer.from(text, 'base64')));
    },
    close: () => browser.close(),
  };
}

/** Runs in the browser. */
async function encodeInPage(asked: { picture: string; settings: readonly Setting[] }): Promise<string[]> {
  const picture = await fetch(`data:application/octet-stream;base64,${asked.picture}`);
  const source = await createImageBitmap(await picture.blob());
  const canvas = document.createElement('canvas');
  const texts: string[] = [];
  for (const { longSide, quality } of asked.settings) {
    const scale = Math.min(1, longSide / Math.max(source.width, source.height));
    canvas.width = Math.round(source.width * scale);
    canvas.height = Math.round(source.height * scale);
    const context = canvas.getContext('2d');
    if (context === null) throw new Error('no canvas');
    context.imageSmoothingQuality = 'high';
    context.drawImage(source, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', quality));
    const bytes = new Uint8Array((await blob?.arrayBuffer()) ?? new ArrayBuffer(0));
    let text = '';
    for (let at = 0; at < bytes.length; at += 8192)
      text += String.fromCharCode(...bytes.subarray(at, at + 8192));
    texts.push(btoa(text));
  }
  return texts;
}
