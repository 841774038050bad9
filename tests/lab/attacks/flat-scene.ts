import type { Random } from '../../chaos/random.ts';
import type { Camera, Scene } from './camera.ts';
import { type Display, displayLayer, drawPhone } from './display.ts';
import { drawGlossyPaper, drawPlainPaper, type Paper, paperLayer } from './paper.ts';
import { type Hold, project, toUnitSquare } from './planes.ts';
import type { Crop } from './portraits.ts';
import type { Raster } from './raster.ts';
import { drawRoom, stacked } from './scenery.ts';

/** Something flat that shows a face: what it is and what is around it stays, how it is held and what it shows may change. */
export interface Prop {
  readonly thing: { readonly paper: Paper } | { readonly display: Display };
  readonly room: Scene;
  readonly random: Random;
}

export function drawProp(random: Random, camera: Camera, kind: 'paper' | 'display'): Prop {
  const paper = random.next() < 0.5 ? drawPlainPaper(random) : drawGlossyPaper(random);
  const thing = kind === 'paper' ? { paper } : { display: drawPhone(random) };
  return { thing, room: drawRoom(random, camera), random };
}

/** The scene of a prop at a moment, lit by the colours of the screen before it. */
export function propScene(
  prop: Prop,
  hold: Hold,
  picture: Raster,
  crop: Crop,
  light: readonly [number, number, number],
): Scene {
  const { thing } = prop;
  const layer =
    'paper' in thing
      ? paperLayer(thing.paper, hold, picture, crop)
      : displayLayer(thing.display, hold, picture, crop);
  if (light.every((value) => value === 0)) return stacked(prop.room, layer);
  return stacked(prop.room, layer, reflection(hold, 'paper' in thing, light));
}

/** Paper throws colours back as skin does, but evenly; the glass of a screen throws back little, over its own light. */
function reflection(hold: Hold, isPaper: boolean, light: readonly [number, number, number]): Scene {
  const map = toUnitSquare(hold);
  return (x, y, out) => {
    const { x: u, y: v } = project(map, { x, y });
    const inside = u >= 0 && u < 1 && v >= 0 && v < 1;
    // The screen is small and near: its light falls off a little towards the edges.
    const share = inside ? 1 / (1 + 0.5 * ((u - 0.5) ** 2 + (v - 0.5) ** 2)) : 0.03;
    for (let channel = 0; channel < 3; channel += 1) {
      const shine = share * (light[channel] as number);
      out[channel] =
        inside && !isPaper ? (out[channel] as number) + 0.05 * shine : (out[channel] as number) * (1 + shine);
    }
  };
}
