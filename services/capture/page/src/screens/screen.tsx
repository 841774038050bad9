import { CameraIcon, ClockIcon, CloudOffIcon, DoorIcon, Mark } from '../icons.tsx';
import type { PageProps } from '../page-props.ts';
import { isEmbedded } from '../parent-events.ts';
import type { Say } from '../texts/catalogue.ts';
import { Again } from './again.tsx';
import { Ended } from './ended.tsx';
import { moving, offers, outcomes, stage, ways } from './later.ts';
import { NoticeScreen } from './notice.tsx';
import { Pause } from './pause.tsx';
import { Primary } from './primary.tsx';
import { Trouble } from './trouble.tsx';
import { Welcome } from './welcome.tsx';

/** The screen of the state. */
export function Screen({ conductor, path, say }: PageProps) {
  const { state, here, send } = conductor;
  const retry = () => send({ is: 'try_again' });
  const leave = () => send({ is: 'leave' });
  const close = () => send({ is: 'close' });
  const forget = () => send({ is: 'forget' });
  const waiting = <Waiting say={say} />;
  switch (state.at) {
    case 'loading':
      return waiting;
    case 'welcome':
      return <Welcome state={state} here={here} say={say} send={send} />;
    case 'offer':
      return <offers.Screen props={{ state, say, send }} waiting={waiting} />;
    case 'handoff':
    case 'following':
      return <moving.Screen props={{ state, conductor, path, say }} waiting={waiting} />;
    case 'asking':
      return (
        <NoticeScreen
          icon={<CameraIcon />}
          tone="calm"
          busy
          title={say('asking.title')}
          body={say('asking.body')}
        />
      );
    case 'trouble':
      return <Trouble state={state} here={here} say={say} send={send} />;
    case 'looking':
    case 'sending':
      return <stage.Screen props={{ state, conductor, path, say }} waiting={waiting} />;
    case 'otherway':
      return <ways.Screen props={{ state, say, send }} waiting={waiting} />;
    case 'again':
      return <Again state={state} say={say} send={send} />;
    case 'stuck':
      return (
        <NoticeScreen icon={<CloudOffIcon />} tone="warn" title={say('stuck.title')} body={say('stuck.body')}>
          <Primary text={say('try_again')} act={retry} />
          <button type="button" class="secondary" onClick={() => send({ is: 'other_way' })}>
            {say('other_way.open')}
          </button>
        </NoticeScreen>
      );
    case 'locked':
      return (
        <Pause
          key="locked"
          state={state}
          say={say}
          icon={<ClockIcon />}
          title={say('locked.title')}
          body={say('locked.over')}
          action={say('try_again')}
          act={retry}
          leave={leave}
        />
      );
    case 'deciding':
      return (
        <NoticeScreen
          icon={<ClockIcon />}
          tone="calm"
          busy
          title={say('deciding.title')}
          body={say('deciding.body')}
        />
      );
    case 'verdict':
    case 'finished':
      return (
        <outcomes.Screen
          props={{ state, goesOn: conductor.goesOn, isEmbedded: isEmbedded(), say, close, forget }}
          waiting={waiting}
        />
      );
    case 'left':
      return (
        <Pause
          key="left"
          state={state}
          say={say}
          icon={<DoorIcon />}
          title={say('left.title')}
          body={say('left.body')}
          action={say('left.resume')}
          act={retry}
          leave={leave}
        />
      );
    case 'ended':
      return <Ended state={state} say={say} retry={retry} />;
  }
}

function Waiting({ say }: { say: Say }) {
  return (
    <div class="loading" role="status">
      <Mark />
      <span class="for-readers">{say('loading')}</span>
    </div>
  );
}
