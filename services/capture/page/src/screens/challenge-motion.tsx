import type { HeadPose } from '../../../src/wire.ts';
import type { Prompt } from '../look/turning.ts';
import type { Say } from '../texts/catalogue.ts';
import { HintIcon, MoveIcon } from './hint-icon.tsx';

/** Where the arrow of a pose points, clockwise from the right: the person's left is left in the mirrored preview too. */
const turns: Partial<Record<HeadPose, number>> = { right: 0, down: 90, left: 180, up: 270 };

/** One movement in words and as an arrow, large enough to be read from the corner of the eye, and the time there is. */
export function MotionPrompt({ prompt, say }: { prompt: Prompt; say: Say }) {
  const { pose, withinMs } = prompt;
  const turn = turns[pose];
  return (
    <div aria-hidden="true" class={`prompt ${pose}`} key={`${pose} ${prompt.share}`}>
      {turn === undefined ? (
        <HintIcon hint="position" offset={{ x: 0, y: 0 }} />
      ) : (
        <MoveIcon turn={turn} class="icon arrow" />
      )}
      <p>{say(`motion.${pose}`)}</p>
      <div class="time">
        <div style={{ animationDuration: `${withinMs}ms` }} />
      </div>
    </div>
  );
}
