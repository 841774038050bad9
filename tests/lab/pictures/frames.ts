import sharp from 'sharp';
import { type Random, randomOf } from '../../chaos/random.ts';
import { develop, drawCamera, expose, type Scene } from '../attacks/camera.ts';
import { displayLayer, drawMonitor, drawPhone } from '../attacks/display.ts';
import { drawHold, fingersLayer } from '../attacks/holding.ts';
import { drawGlossyPaper, drawPlainPaper, paperLayer } from '../attacks/paper.ts';
import { cropOf, framed, frameSelfie, type Portrait } from '../attacks/portraits.ts';
import { type Kit, pickPortrait } from '../attacks/presentation.ts';
import { drawRoom, stacked } from '../attacks/scenery.ts';

/** What a phone's camera gives to the page: upright, 960 x 1280. The photos behind it have no detail above 640. */
const CAMERA = { width: 960, height: 1280 } as const;

/** One camera frame before the page has touched it. */
export interface CameraFrame {
  readonly sort: 'live' | 'attack';
  /** Whose face it shows. */
  readonly portrait: Portrait;
  /** Without loss. */
  readonly png: Uint8Array<ArrayBuffer>;
}

/** A portrait taken again as a selfie, the same for the same seed and index. */
export function liveFrame({ portraits }: Kit, index: number, seed: number): Promise<CameraFrame> {
  const portrait = portraits[index % portraits.length];
  if (portrait === undefined) throw new Error('no portraits');
  const random = randomOf(seed, 'live', index);
  return taken('live', portrait, framed(portrait.raster, frameSelfie(portrait, CAMERA, random)), random);
}

/** A print or a screen with a face, held to the camera: plain paper, photo paper, phone, monitor by turns. */
export function attackFrame(kit: Kit, index: number, seed: number): Promise<CameraFrame> {
  const random = randomOf(seed, 'attack', index);
  const portrait = pickPortrait(kit, random);
  const aspect = random.pick([0.71, 0.75, 0.67]);
  const hold = drawHold(random, CAMERA, aspect);
  const crop = cropOf(portrait, aspect, random.between(1.9, 3));
  const layers = [
    () => paperLayer(drawPlainPaper(random), hold, portrait.raster, crop),
    () => paperLayer(drawGlossyPaper(random), hold, portrait.raster, crop),
    () => displayLayer(drawPhone(random), hold, portrait.raster, crop),
    () => displayLayer(drawMonitor(random), hold, portrait.raster, crop),
  ];
  const layer = layers[index % layers.length]?.() ?? (() => undefined);
  const scene = stacked(drawRoom(random, CAMERA), layer, fingersLayer(random, CAMERA, hold));
  return taken('attack', portrait, scene, random);
}

async function taken(
  sort: CameraFrame['sort'],
  portrait: Portrait,
  scene: Scene,
  random: Random,
): Promise<CameraFrame> {
  const camera = drawCamera(random, CAMERA);
  const rgb = develop(expose(scene, camera), camera, random);
  const png = await sharp(rgb, { raw: { ...CAMERA, channels: 3 } })
    .png({ compressionLevel: 1 })
    .toBuffer();
  return { sort, portrait, png: new Uint8Array(png) };
}
