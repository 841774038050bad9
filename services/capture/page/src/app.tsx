import type { SessionPath } from './client.ts';
import type { Conductor } from './conductor.ts';
import type { EndReason, State } from './flow.ts';
import {
  AttentionIcon,
  CameraIcon,
  CameraOffIcon,
  ClockIcon,
  CloseIcon,
  CloudOffIcon,
  DoorIcon,
  LinkOffIcon,
  Mark,
} from './icons.tsx';
import { redirectTarget } from './redirect.ts';
import { NoticeScreen } from './screens/notice.tsx';
import { Pause } from './screens/pause.tsx';
import { Primary } from './screens/primary.tsx';
import { Stage } from './screens/stage.tsx';
import { Finished, Verdict } from './screens/verdict.tsx';
import { Welcome } from './screens/welcome.tsx';
import type { Say } from './texts/catalogue.ts';

interface AppProps {
  readonly conductor: Conductor;
  readonly path: SessionPath;
  readonly say: Say;
}

/** The whole page: who asks, the screen of the moment, and the way out. */
export function App(props: AppProps) {
  const { conductor, say } = props;
  const { state } = conductor;
  const application = 'session' in state ? state.session?.application_name : undefined;
  return (
    <div class="card">
      <header>
        <span class="who">
          {application === undefined ? null : <span class="monogram">{initialOf(application)}</span>}
          {application}
        </span>
        {canLeave(state) ? (
          <button type="button" class="quiet" onClick={() => conductor.send({ is: 'leave' })}>
            {say('leave')}
            <CloseIcon />
          </button>
        ) : null}
      </header>
      <main>
        <Screen {...props} />
      </main>
      <footer>
        <span>{say('powered_by')}</span> <Mark /> <b>Selfsame</b>
      </footer>
    </div>
  );
}

function initialOf(application: string): string {
  return [...application.trim()][0]?.toUpperCase() ?? '';
}

function canLeave({ at }: State): boolean {
  return ['welcome', 'asking', 'trouble', 'looking', 'sending', 'stuck', 'again', 'locked'].includes(at);
}

function Screen({ conductor, path, say }: AppProps) {
  const { state } = conductor;
  const retry = () => conductor.send({ is: 'try_again' });
  const close = () => conductor.send({ is: 'close' });
  const leave = () => conductor.send({ is: 'leave' });
  switch (state.at) {
    case 'loading':
      return (
        <div class="loading" role="status">
          <Mark />
          <span class="for-readers">{say('loading')}</span>
        </div>
      );
    case 'welcome':
      return <Welcome session={state.session} say={say} agree={() => conductor.send({ is: 'agreed' })} />;
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
      return (
        <NoticeScreen
          icon={<CameraOffIcon />}
          tone="warn"
          title={say(`trouble.${state.reason}.title`)}
          body={say(`trouble.${state.reason}.body`)}
        >
          {state.reason === 'embedded' ? (
            <a class="primary" href={location.href} target="_blank" rel="noreferrer">
              {say('trouble.open_tab')}
            </a>
          ) : (
            <Primary text={say('try_again')} act={retry} />
          )}
        </NoticeScreen>
      );
    case 'looking':
    case 'sending':
      return <Stage state={state} conductor={conductor} path={path} say={say} />;
    case 'again':
      return (
        <NoticeScreen
          icon={<CameraIcon />}
          tone="warn"
          title={say('again.title')}
          body={say(`problems.${state.problem}`)}
          note={say('again.tries_left', { count: state.session.attempts_left })}
        >
          <Primary text={say('try_again')} act={retry} />
        </NoticeScreen>
      );
    case 'stuck':
      return (
        <NoticeScreen icon={<CloudOffIcon />} tone="warn" title={say('stuck.title')} body={say('stuck.body')}>
          <Primary text={say('try_again')} act={retry} />
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
      return <Verdict session={state.session} say={say} close={close} />;
    case 'finished':
      return <Finished session={state.session} say={say} close={close} />;
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

const endIcons = {
  expired: <ClockIcon />,
  unknown: <LinkOffIcon />,
  unavailable: <CloudOffIcon />,
  busy: <AttentionIcon />,
  slow: <ClockIcon />,
} satisfies Record<EndReason, unknown>;

function Ended(props: { state: State & { at: 'ended' }; say: Say; retry: () => void }) {
  const { reason, session } = props.state;
  const final = reason === 'expired' || reason === 'unknown';
  const target =
    final && session !== undefined
      ? redirectTarget(session.callback, session.session_id, session.status)
      : null;
  return (
    <NoticeScreen
      icon={endIcons[reason]}
      tone={final ? 'calm' : 'warn'}
      title={props.say(`ended.${reason}.title`)}
      body={props.say(`ended.${reason}.body`)}
    >
      {final ? null : <Primary text={props.say('try_again')} act={props.retry} />}
      {target === null || session === undefined ? null : (
        <a class="primary" href={target}>
          {props.say('back_to', { application: session.application_name })}
        </a>
      )}
    </NoticeScreen>
  );
}
