import { type Guide, type Hint, toneOf } from '../guidance.ts';
import type { Act } from '../look/performance.ts';
import type { Prompt } from '../look/turning.ts';
import type { StateAt } from '../states.ts';
import type { Say } from '../texts/catalogue.ts';
import { MotionPrompt } from './challenge-motion.tsx';
import { HintIcon } from './hint-icon.tsx';
import { Spoken } from './spoken.tsx';

type StageState = StateAt<'looking' | 'sending'>;

interface WordsProps {
  readonly state: StageState;
  readonly act: Act;
  readonly guide: Guide | null;
  readonly isOffline: boolean;
  readonly say: Say;
}

/** What to do now, for eyes and ears. */
export function Words({ state, act, guide, isOffline, say }: WordsProps) {
  if (state.at === 'sending') {
    const isLost = state.linkLost || (isOffline && state.sent < 1);
    const words = isLost ? 'sending.link_lost' : state.sent < 1 ? 'sending.uploading' : 'sending.checking';
    return (
      <div class="hint" role="status">
        <p class={isLost ? 'lost' : undefined}>{say(words)}</p>
      </div>
    );
  }
  const hint = hintOf(guide, isOffline);
  const { spoken, everyMs, shown } = wordsOf(act, hint, say);
  // The same live region all along: one that comes with its words is not heard.
  return (
    <div class="hint">
      <Spoken text={spoken} everyMs={everyMs} />
      {act.is === 'turning' ? <MotionPrompt prompt={act.prompt} say={say} /> : null}
      {shown ? (
        <p key={spoken} aria-hidden="true">
          {act.is === 'guiding' ? <HintIcon hint={hint} offset={guide?.offset ?? { x: 0, y: 0 }} /> : null}
          {spoken}
        </p>
      ) : null}
    </div>
  );
}

function hintOf(guide: Guide | null, isOffline: boolean): Hint {
  return isOffline ? 'offline' : (guide?.hint ?? 'position');
}

/** What is said of an act, at most every so often, and whether it stands there as it is said. */
function wordsOf(act: Act, hint: Hint, say: Say): { spoken: string; everyMs: number; shown: boolean } {
  switch (act.is) {
    case 'turning':
      return { spoken: spokenOf(act.prompt, say), everyMs: 0, shown: false };
    case 'counting':
    case 'flashing':
      // Every second aloud would drown what matters.
      return { spoken: say('flash.hold'), everyMs: 0, shown: false };
    case 'missed':
      return {
        spoken: say('motion.missed', { movement: say(`motion.${act.pose}`) }),
        everyMs: 0,
        shown: true,
      };
    case 'waiting':
      if (hint === 'offline') return { spoken: say('hints.offline'), everyMs: 2_000, shown: true };
      return { spoken: say('stage.waiting'), everyMs: 2_000, shown: true };
    case 'guiding':
      return { spoken: say(`hints.${hint}`), everyMs: 2_000, shown: true };
  }
}

/** A prompt aloud: that the movement before it was seen, what to do, and which of how many it is. */
function spokenOf({ pose, isReached, done, steps }: Prompt, say: Say): string {
  const words = [isReached ? say('motion.reached') : null, say(`motion.${pose}`)];
  if (pose !== 'front') words.push(say('motion.step', { step: done + 1, steps }));
  return words.filter((word) => word !== null).join('. ');
}

/** The colour of an act beside its words and its shape: a class of the stage. */
export function toneAt(act: Act, guide: Guide | null, isOffline: boolean): string {
  if (act.is === 'turning') return act.prompt.isReached ? 'turning reached' : 'turning';
  if (act.is === 'missed' || isOffline) return 'warn';
  return act.is === 'waiting' ? 'good' : toneOf(guide ?? { hint: 'position', isGood: false });
}

/** How much of the hold, of the movements or of the upload is done, 0..1. */
export function shareOf(state: StageState, act: Act, guide: Guide | null): number {
  if (state.at === 'sending') return state.sent;
  if (act.is === 'turning') return act.prompt.share;
  return act.is === 'guiding' ? (guide?.share ?? 0) : 0;
}
