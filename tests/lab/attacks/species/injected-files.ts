import sharp, { type Sharp } from 'sharp';
import type { Random } from '../../../chaos/random.ts';
import { exposeCoarsely, pageJpeg } from '../camera.ts';
import { framed, frameSelfie, frameSizeOf } from '../portraits.ts';
import { type Kit, type Presentation, pickPortrait, type Species } from '../presentation.ts';
import { bytesOf } from '../raster.ts';

/** A photo that was saved, edited a little and saved again, then handed in in place of the camera's frame. */
export const doubleJpeg: Species = {
  id: 'double-jpeg',
  title: 'file saved twice (double JPEG)',
  sort: 'attack',
  full: 80,
  quick: 6,
  async make(kit: Kit, random: Random): Promise<Presentation> {
    const portrait = pickPortrait(kit, random);
    const size = frameSizeOf(portrait);
    const rgb = bytesOf(exposeCoarsely(framed(portrait.raster, frameSelfie(portrait, size, random)), size));
    const raw = { raw: { ...size, channels: 3 as const } };
    const once = await sharp(rgb, raw)
      .jpeg({ quality: 50 + random.integer(40) })
      .toBuffer();
    // Cropped by some pixels or not: the second grid of blocks lies on the first, or does not.
    const [left, top] = random.next() < 0.5 ? [0, 0] : [random.integer(8), random.integer(8)];
    const edited = sharp(once).extract({ left, top, width: size.width - left, height: size.height - top });
    const brightness = random.next() < 0.4 ? random.between(0.95, 1.08) : 1;
    const { data, info } = await edited.modulate({ brightness }).raw().toBuffer({ resolveWithObject: true });
    if (random.next() < 0.5) return { kind: 'still', image: await pageJpeg(data, info) };
    const twice = sharp(data, { raw: { width: info.width, height: info.height, channels: 3 } });
    const quality = 80 + random.integer(18);
    return {
      kind: 'still',
      image: new Uint8Array(await twice.jpeg({ quality, mozjpeg: random.next() < 0.4 }).toBuffer()),
    };
  },
};

/** A picture played into the page by a virtual camera: the browser's own encoder, or an encoder and metadata of the tool. */
export const virtualCamera: Species = {
  id: 'virtual-camera',
  title: 'virtual camera: no sensor noise, tool metadata or tables',
  sort: 'attack',
  full: 80,
  quick: 6,
  async make(kit: Kit, random: Random, index: number): Promise<Presentation> {
    const portrait = pickPortrait(kit, random);
    const size = random.pick([
      { width: 640, height: 480 },
      { width: 1280, height: 720 },
      { width: 480, height: 640 },
    ]);
    // What the tool plays is a compressed video of lower resolution, fitted to the canvas with bars where it does not fill it.
    const share = random.between(0.45, 0.9);
    const inner = {
      width: Math.round(Math.min(size.width, size.height * 0.8) * share),
      height: Math.round(size.height * share),
    };
    const scene = framed(portrait.raster, frameSelfie(portrait, inner, random));
    const video = await sharp(bytesOf(exposeCoarsely(scene, inner)), { raw: { ...inner, channels: 3 } })
      .jpeg({ quality: 60 + random.integer(25) })
      .toBuffer();
    const fit = random.next() < 0.5 ? 'contain' : 'cover';
    const canvas = sharp(video).resize({
      ...size,
      fit,
      kernel: random.pick(['cubic', 'linear', 'lanczos3']),
      background: '#000',
    });
    return { kind: 'still', image: new Uint8Array(await encodedBy(canvas, index, random)) };
  },
};

/** Half of them come through the page's canvas and bear no trace of the tool; the others were posted by the tool itself. */
async function encodedBy(canvas: Sharp, index: number, random: Random): Promise<Uint8Array> {
  if (index % 2 === 0) {
    const { data, info } = await canvas.removeAlpha().raw().toBuffer({ resolveWithObject: true });
    return pageJpeg(data, info);
  }
  const tagged = canvas
    .removeAlpha()
    .withExif({ IFD0: { Software: random.pick(['OBS Studio 30.2', 'ManyCam 8.1', 'Lavc61.3.100']) } });
  switch (index % 6) {
    case 1:
      return tagged.jpeg({ quality: 92 }).toBuffer();
    case 3:
      return canvas.removeAlpha().jpeg({ quality: 85, mozjpeg: true }).toBuffer();
    default:
      return canvas.removeAlpha().png({ compressionLevel: 3 }).toBuffer();
  }
}
