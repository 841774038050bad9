import { CameraOffIcon } from '../icons.tsx';
import type { FlowEvent, StateAt, Surroundings } from '../states.ts';
import type { Say } from '../texts/catalogue.ts';
import { NoticeScreen } from './notice.tsx';
import { Primary } from './primary.tsx';

/** No camera, each reason with its own way out: grant it, open a tab, try again, or go on with another device. */
export function Trouble(props: {
  state: StateAt<'trouble'>;
  here: Surroundings;
  say: Say;
  send: (event: FlowEvent) => void;
}) {
  const { state, here, say, send } = props;
  const { reason } = state;
  const isEmbedded = reason === 'embedded';
  const isHopeless = reason === 'absent' || reason === 'unsupported';
  const move = here.isLoopback ? null : () => send({ is: 'handoff' });
  const again = () => send({ is: 'try_again' });
  return (
    <NoticeScreen
      icon={<CameraOffIcon />}
      tone="warn"
      title={say(`trouble.${reason}.title`)}
      body={say(`trouble.${reason}.body`)}
    >
      {isEmbedded ? (
        <a class="primary" href={location.href} target="_blank" rel="noreferrer">
          {say('trouble.open_tab')}
        </a>
      ) : isHopeless && move !== null ? (
        <Primary text={say('handoff.open')} act={move} />
      ) : (
        <Primary text={say('try_again')} act={again} />
      )}
      {move === null ? null : (
        <button type="button" class="secondary" onClick={isHopeless ? again : move}>
          {say(isHopeless ? 'try_again' : 'handoff.open')}
        </button>
      )}
      <button type="button" class="secondary" onClick={() => send({ is: 'other_way' })}>
        {say('other_way.open')}
      </button>
    </NoticeScreen>
  );
}
