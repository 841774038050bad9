import { type Guide, type Hint, toneOf } from '../guidance.ts';
import type { Act } from '../look/performance.ts';
import type { StateAt } from '../states.ts';
import type { Say } from '../texts/catalogue.ts';
import { MotionPrompt } from './challenge-motion.tsx';
import { HintIcon } from './hint-icon.tsx';
import { Spoken } from './spoken.tsx';

type StageState = StateAt<'looking' | 'sending'>;

/** What to do now, for eyes and ears. */
export function Words({
  state,
  act,
  guide,
  say,
}: {
  state: StageState;
  act: Act;
  guide: Guide | null;
  say: Say;
}) {
  const hint = guide?.hint ?? 'position';
  if (state.at === 'sending') {
    const words = state.linkLost
      ? 'sending.link_lost'
      : state.sent < 1
        ? 'sending.uploading'
        : 'sending.checking';
    return (
      <div class="hint" role="status">
        <p class={state.linkLost ? 'lost' : undefined}>{say(words)}</p>
      </div>
    );
  }
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

/** What is said of an act, at most every so often, and whether it stands there as it is said. */
function wordsOf(act: Act, hint: Hint, say: Say): { spoken: string; everyMs: number; shown: boolean } {
  switch (act.is) {
    case 'turning':
      return { spoken: say(`motion.${act.prompt.pose}`), everyMs: 0, shown: false };
    case 'counting':
    case 'flashing':
      // Every second aloud would drown what matters.
      return { spoken: say('flash.hold'), everyMs: 0, shown: false };
    case 'missed':
      return { spoken: say('motion.missed'), everyMs: 0, shown: true };
    case 'waiting':
      return { spoken: say('stage.waiting'), everyMs: 2_000, shown: true };
    case 'guiding':
      return { spoken: say(`hints.${hint}`), everyMs: 2_000, shown: true };
  }
}

/** The colour of an act beside its words and its shape: a class of the stage. */
export function toneAt(act: Act, guide: Guide | null): string {
  if (act.is === 'turning') return 'turning';
  if (act.is === 'missed') return 'warn';
  return act.is === 'waiting' ? 'good' : toneOf(guide?.hint ?? 'position');
}

/** How much of the hold, of the movements or of the upload is done, 0..1. */
export function shareOf(state: StageState, act: Act, guide: Guide | null): number {
  if (state.at === 'sending') return state.sent;
  return act.is === 'turning' ? act.prompt.share : (guide?.share ?? 0);
}
