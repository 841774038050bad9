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
import type { Texts } from './texts/texts.ts';

interface AppProps {
  readonly conductor: Conductor;
  readonly path: SessionPath;
  readonly texts: Texts;
}

/** The whole page: who asks, the screen of the moment, and the way out. */
export function App(props: AppProps) {
  const { conductor, texts } = props;
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
            {texts.leave}
            <CloseIcon />
          </button>
        ) : null}
      </header>
      <main>
        <Screen {...props} />
      </main>
      <footer>
        <span>{texts.poweredBy}</span> <Mark /> <b>Selfsame</b>
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

function Screen({ conductor, path, texts }: AppProps) {
  const { state } = conductor;
  const retry = () => conductor.send({ is: 'try_again' });
  const close = () => conductor.send({ is: 'close' });
  const leave = () => conductor.send({ is: 'leave' });
  switch (state.at) {
    case 'loading':
      return (
        <div class="loading" role="status">
          <Mark />
          <span class="for-readers">{texts.loading}</span>
        </div>
      );
    case 'welcome':
      return <Welcome session={state.session} texts={texts} agree={() => conductor.send({ is: 'agreed' })} />;
    case 'asking':
      return <NoticeScreen icon={<CameraIcon />} tone="calm" busy {...texts.asking} />;
    case 'trouble':
      return (
        <NoticeScreen icon={<CameraOffIcon />} tone="warn" {...texts.trouble[state.reason]}>
          {state.reason === 'embedded' ? (
            <a class="primary" href={location.href} target="_blank" rel="noreferrer">
              {texts.trouble.openTab}
            </a>
          ) : (
            <Primary text={texts.tryAgain} act={retry} />
          )}
        </NoticeScreen>
      );
    case 'looking':
    case 'sending':
      return <Stage state={state} conductor={conductor} path={path} texts={texts} />;
    case 'again':
      return (
        <NoticeScreen
          icon={<CameraIcon />}
          tone="warn"
          title={texts.again.title}
          body={texts.problems[state.problem]}
          note={texts.again.triesLeft(state.session.attempts_left)}
        >
          <Primary text={texts.tryAgain} act={retry} />
        </NoticeScreen>
      );
    case 'stuck':
      return (
        <NoticeScreen icon={<CloudOffIcon />} tone="warn" {...texts.stuck}>
          <Primary text={texts.tryAgain} act={retry} />
        </NoticeScreen>
      );
    case 'locked':
      return (
        <Pause
          key="locked"
          state={state}
          texts={texts}
          icon={<ClockIcon />}
          title={texts.locked.title}
          body={texts.locked.over}
          action={texts.tryAgain}
          act={retry}
          leave={leave}
        />
      );
    case 'deciding':
      return <NoticeScreen icon={<ClockIcon />} tone="calm" busy {...texts.deciding} />;
    case 'verdict':
      return <Verdict session={state.session} texts={texts} close={close} />;
    case 'finished':
      return <Finished session={state.session} texts={texts} close={close} />;
    case 'left':
      return (
        <Pause
          key="left"
          state={state}
          texts={texts}
          icon={<DoorIcon />}
          title={texts.left.title}
          body={texts.left.body}
          action={texts.left.resume}
          act={retry}
          leave={leave}
        />
      );
    case 'ended':
      return <Ended state={state} texts={texts} retry={retry} />;
  }
}

const endIcons = {
  expired: <ClockIcon />,
  unknown: <LinkOffIcon />,
  unavailable: <CloudOffIcon />,
  busy: <AttentionIcon />,
  slow: <ClockIcon />,
} satisfies Record<EndReason, unknown>;

function Ended(props: { state: State & { at: 'ended' }; texts: Texts; retry: () => void }) {
  const { reason, session } = props.state;
  const final = reason === 'expired' || reason === 'unknown';
  const target =
    final && session !== undefined
      ? redirectTarget(session.callback, session.session_id, session.status)
      : null;
  return (
    <NoticeScreen icon={endIcons[reason]} tone={final ? 'calm' : 'warn'} {...props.texts.ended[reason]}>
      {final ? null : <Primary text={props.texts.tryAgain} act={props.retry} />}
      {target === null || session === undefined ? null : (
        <a class="primary" href={target}>
          {props.texts.backTo(session.application_name)}
        </a>
      )}
    </NoticeScreen>
  );
}
