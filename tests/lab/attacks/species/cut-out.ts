import type { Random } from '../../../chaos/random.ts';
import { drawCamera, type Scene, shoot } from '../camera.ts';
import { FACE_OUTLINE, spotsOf } from '../mesh-warp.ts';
import { drawGlossyPaper, drawPlainPaper, inkOf } from '../paper.ts';
import type { Spot } from '../planes.ts';
import { type Framing, framed, frameSelfie, frameSizeOf, type Portrait } from '../portraits.ts';
import { type Kit, pickAlike, pickPortrait, type Species } from '../presentation.ts';

/** Mesh points around either eye, and around the mouth. */
const HOLES = {
  eyes: [
    [33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7],
    [263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249],
  ],
  mouth: [[61, 40, 37, 0, 267, 270, 291, 321, 314, 17, 84, 91]],
} as const;

/** A printed face, cut out along its outline and worn as a mask, its eyes cut open: another person looks through. */
export const cutOut: Species = {
  id: 'cut-out',
  title: 'cut-out print with eye holes, worn',
  sort: 'attack',
  full: 80,
  quick: 6,
  async make(kit: Kit, random: Random) {
    const wearer = pickPortrait(kit, random);
    const victim = pickAlike(kit, random, wearer);
    const camera = drawCamera(random, frameSizeOf(wearer));
    const framing = frameSelfie(wearer, camera, random);
    const scene = worn(wearer, victim, framing, random);
    return { kind: 'still' as const, image: await shoot(scene, camera, random) };
  },
};

/** The wearer's selfie with the victim's paper face over it. */
function worn(wearer: Portrait, victim: Portrait, framing: Framing, random: Random): Scene {
  const behind = framed(wearer.raster, framing);
  const [own, printed] = [spotsOf(wearer.mesh), spotsOf(victim.mesh)];
  const fit = similarity(own, printed, random.between(1.04, 1.2));
  const inset = random.between(-0.02, 0.12);
  const outline = grown(
    FACE_OUTLINE.map((index) => printed[index] as Spot),
    1 - inset,
  );
  const withMouth = random.next() < 0.3;
  const holes = [...HOLES.eyes, ...(withMouth ? HOLES.mouth : [])].map((hole) =>
    grown(
      hole.map((index) => printed[index] as Spot),
      random.between(1.15, 1.7),
    ),
  );
  const paper = { ...(random.next() < 0.7 ? drawPlainPaper(random) : drawGlossyPaper(random)), margin: 0 };
  const { left, top, width, height } = boundsOf(outline);
  const scale = 1 / Math.hypot(framing.a, framing.b) / fit.scale;
  const hold = {
    centre: { x: 0, y: 0 },
    width: width * scale,
    height: height * scale,
    roll: 0,
    yaw: 0,
    pitch: 0,
  };
  const ink = inkOf(paper, hold, victim.raster, { left, top, width, height });
  const rim = 1.6 / scale;
  return (x, y, out) => {
    behind(x, y, out);
    const spot = fit.map({
      x: framing.a * x - framing.b * y + framing.tx,
      y: framing.b * x + framing.a * y + framing.ty,
    });
    if (
      spot.x < left - 9 * rim ||
      spot.x > left + width + 9 * rim ||
      spot.y < top - 9 * rim ||
      spot.y > top + height + 9 * rim
    )
      return;
    const inside = distanceInside(outline, spot);
    // The sheet stands off the face: a soft shadow beside its edge.
    if (inside < 0) {
      const shade = 1 - 0.4 * Math.max(0, 1 + inside / (8 * rim));
      for (let channel = 0; channel < 3; channel += 1) out[channel] = (out[channel] as number) * shade;
      return;
    }
    const hole = Math.max(...holes.map((edge) => distanceInside(edge, spot)));
    if (hole > 0) {
      const shade = 1 - 0.45 * Math.max(0, 1 - hole / (5 * rim));
      for (let channel = 0; channel < 3; channel += 1) out[channel] = (out[channel] as number) * shade;
      return;
    }
    ink((spot.x - left) / width, (spot.y - top) / height, out);
    // The cut shows the sheet's white core.
    const cut = Math.min(inside, -hole) / rim;
    if (cut < 1)
      for (let channel = 0; channel < 3; channel += 1)
        out[channel] = (out[channel] as number) * cut + 0.6 * (1 - cut);
  };
}

/** From the wearer's photo to the victim's by the outline of both faces, the paper `larger` than the face behind it. */
function similarity(own: readonly Spot[], printed: readonly Spot[], larger: number) {
  const [eyesOwn, eyesPrinted] = [own, printed].map((spots) => ({
    left: spots[33] as Spot,
    right: spots[263] as Spot,
    chin: spots[152] as Spot,
  })) as [Trio, Trio];
  const [from, to] = [axisOf(eyesOwn), axisOf(eyesPrinted)];
  const scale = to.length / from.length / larger;
  const angle = to.angle - from.angle;
  const [cos, sin] = [Math.cos(angle) * scale, Math.sin(angle) * scale];
  return {
    scale,
    map({ x, y }: Spot): Spot {
      const [dx, dy] = [x - from.centre.x, y - from.centre.y];
      return { x: to.centre.x + cos * dx - sin * dy, y: to.centre.y + sin * dx + cos * dy };
    },
  };
}

interface Trio {
  readonly left: Spot;
  readonly right: Spot;
  readonly chin: Spot;
}

function axisOf({ left, right, chin }: Trio) {
  const eyes = { x: (left.x + right.x) / 2, y: (left.y + right.y) / 2 };
  const angle = Math.atan2(right.y - left.y, right.x - left.x);
  const length =
    Math.hypot(right.x - left.x, right.y - left.y) + Math.hypot(chin.x - eyes.x, chin.y - eyes.y);
  return { centre: eyes, angle, length };
}

/** An outline enlarged about its middle. */
function grown(outline: readonly Spot[], factor: number): Spot[] {
  const middle = {
    x: outline.reduce((sum, spot) => sum + spot.x, 0) / outline.length,
    y: outline.reduce((sum, spot) => sum + spot.y, 0) / outline.length,
  };
  return outline.map(({ x, y }) => ({
    x: middle.x + (x - middle.x) * factor,
    y: middle.y + (y - middle.y) * factor,
  }));
}

function boundsOf(outline: readonly Spot[]) {
  const [xs, ys] = [outline.map(({ x }) => x), outline.map(({ y }) => y)];
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  return { left, top, width: Math.max(...xs) - left, height: Math.max(...ys) - top };
}

/** How far a spot lies inside an outline, pixels; below 0 outside. */
function distanceInside(outline: readonly Spot[], { x, y }: Spot): number {
  let nearest = Number.POSITIVE_INFINITY;
  let inside = false;
  for (let index = 0, before = outline.length - 1; index < outline.length; before = index, index += 1) {
    const [a, b] = [outline[before] as Spot, outline[index] as Spot];
    if (a.y > y !== b.y > y && x < ((b.x - a.x) * (y - a.y)) / (b.y - a.y) + a.x) inside = !inside;
    const [ex, ey] = [b.x - a.x, b.y - a.y];
    const along = Math.max(0, Math.min(1, ((x - a.x) * ex + (y - a.y) * ey) / (ex * ex + ey * ey || 1)));
    nearest = Math.min(nearest, (x - a.x - along * ex) ** 2 + (y - a.y - along * ey) ** 2);
  }
  return (inside ? 1 : -1) * Math.sqrt(nearest);
}
