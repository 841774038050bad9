import { readFileSync } from 'node:fs';
import { facePath } from '@selfsame/testing/assets';
import type { Presentation, Species } from '../presentation.ts';

const FILES = ['spoof/spoof_1.jpg', 'spoof/spoof_2.jpg', 'spoof/spoof_3.jpg'] as const;

/** A real camera before a real screen or print: the only attacks here that nobody simulated, and only three. */
export const recapture: Species = {
  id: 'recapture',
  title: 'recapture (real)',
  sort: 'attack',
  real: true,
  full: FILES.length,
  quick: FILES.length,
  async make(_kit, _random, index): Promise<Presentation> {
    return {
      kind: 'still',
      image: new Uint8Array(readFileSync(facePath(FILES[index % FILES.length] ?? FILES[0]))),
    };
  },
};
