import type { HeadPose } from '../../../src/wire.ts';
import type { Prompt } from '../look/turning.ts';
import type { Say } from '../texts/catalogue.ts';
import { HintIcon, MoveIcon } from './hint-icon.tsx';

/** Where the arrow of a pose points, clockwise from the right: the person's left is left in the mirrored preview too. */
const turns: Partial<Record<HeadPose, number>> = { right: 0, down: 90, left: 180, up: 270 };

/**
 * One movement in words and as an arrow, large enough to be read from the corner of the eye, the time there is, and how
 * many there are. A movement that was seen is confirmed before the head goes back.
 */
export function MotionPrompt({ prompt, say }: { prompt: Prompt; say: Say }) {
  const { pose, withinMs, done, steps, isReached } = prompt;
  const turn = turns[pose];
  return (
    <div aria-hidden="true" class={`prompt ${pose}`} key={`${pose} ${prompt.share}`}>
      {turn === undefined ? (
        <HintIcon hint={isReached ? 'good' : 'position'} offset={{ x: 0, y: 0 }} />
      ) : (
        <MoveIcon turn={turn} class="icon arrow" />
      )}
      <p>
        {turn === undefined && isReached ? <span class="reached">{say('motion.reached')}</span> : null}
        {say(`motion.${pose}`)}
      </p>
      <div class="poses">
        {Array.from({ length: steps }, (_, at) => (
          <span class={at < done ? 'done' : at === done ? 'now' : ''} />
        ))}
        {say('motion.step', { step: Math.min(steps, done + (turn === undefined ? 0 : 1)), steps })}
      </div>
      <div class="time">
        <div style={{ animationDuration: `${withinMs}ms` }} />
      </div>
    </div>
  );
}
