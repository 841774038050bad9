import { CameraIcon } from '../icons.tsx';
import { hasOtherWays } from '../methods.ts';
import type { FlowEvent, StateAt } from '../states.ts';
import type { Say } from '../texts/catalogue.ts';
import { NoticeScreen } from './notice.tsx';
import { Primary } from './primary.tsx';

/** A look that will not do: what was wrong, the one thing to do about it, and how many tries there are. */
export function Again(props: { state: StateAt<'again'>; say: Say; send: (event: FlowEvent) => void }) {
  const { state, say, send } = props;
  const { session, problem } = state;
  const isSpent = problem !== 'stale';
  return (
    <NoticeScreen
      icon={<CameraIcon />}
      tone="warn"
      title={say(problem === 'stale' ? 'again.title_stale' : 'again.title')}
      body={say(`problems.${problem}`)}
      note={isSpent ? say('again.tries_left', { count: session.attempts_left }) : say('again.no_try_used')}
    >
      <Primary text={say('try_again')} act={() => send({ is: 'try_again' })} />
      {hasOtherWays(state) ? (
        <button type="button" class="secondary" onClick={() => send({ is: 'other_way' })}>
          {say('other_way.open')}
        </button>
      ) : null}
    </NoticeScreen>
  );
}
