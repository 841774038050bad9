import type { HeadAngles } from '../../../src/wire.ts';
import type { HeadWatch } from './turning.ts';

/** Of the head's angles, so many are remembered from before the first prompt. */
const beginningMax = 5;

/** Remembers the head: where it was before the first prompt, and where it was last. */
export function watchHead(): HeadWatch & { saw(angles: HeadAngles | null, isBegun: boolean): void } {
  const beginning: HeadAngles[] = [];
  let latest: ReturnType<HeadWatch['latest']> = null;
  return {
    beginning,
    latest: () => latest,
    saw(angles, isBegun) {
      if (angles === null) return;
      latest = { atMs: performance.now(), angles };
      if (isBegun) return;
      beginning.push(angles);
      if (beginning.length > beginningMax) beginning.shift();
    },
  };
}
