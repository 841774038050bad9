import type { Random } from '../../../chaos/random.ts';
import { drawCamera, shoot } from '../camera.ts';
import { drawHold, fingersLayer } from '../holding.ts';
import { drawGlossyPaper, drawPlainPaper, type Paper, paperLayer } from '../paper.ts';
import { cropOf } from '../portraits.ts';
import { type Kit, pickPortrait, type Species } from '../presentation.ts';
import { drawRoom, stacked } from '../scenery.ts';

/** A print on plain paper: halftone, fibre, flat colours, uneven light. */
export const print: Species = {
  id: 'print',
  title: 'print on plain paper',
  sort: 'attack',
  full: 80,
  quick: 6,
  make: (kit, random) => shootPaper(kit, random, drawPlainPaper(random)),
};

/** A print on photo paper: full contrast, mirrored lamps and windows. */
export const glossyPrint: Species = {
  id: 'glossy-print',
  title: 'glossy print',
  sort: 'attack',
  full: 80,
  quick: 6,
  make: (kit, random) => shootPaper(kit, random, drawGlossyPaper(random)),
};

async function shootPaper(kit: Kit, random: Random, paper: Paper) {
  const portrait = pickPortrait(kit, random);
  const camera = drawCamera(
    random,
    random.next() < 0.6 ? { width: 480, height: 640 } : { width: 640, height: 480 },
  );
  const aspect = random.pick([0.71, 0.75, 0.67, 1.33]);
  const hold = drawHold(random, camera, aspect);
  const scene = stacked(
    drawRoom(random, camera),
    paperLayer(paper, hold, portrait.raster, cropOf(portrait, aspect, random.between(1.9, 3.2))),
    fingersLayer(random, camera, hold),
  );
  return { kind: 'still' as const, image: await shoot(scene, camera, random) };
}
