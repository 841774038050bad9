import { useEffect, useState } from 'preact/hooks';
import type { SessionView } from '../../../src/wire.ts';
import { AttentionIcon, CheckIcon, ClockIcon } from '../icons.tsx';
import { redirectTarget } from '../redirect.ts';
import type { StateAt } from '../states.ts';
import type { Say } from '../texts/catalogue.ts';
import { Fallback } from './fallback.tsx';
import { ForgetDevice } from './forget-device.tsx';
import { NoticeScreen } from './notice.tsx';
import { Primary } from './primary.tsx';

/** Good news is read quickly; anything else says what to do. */
const secondsBeforeRedirect = (status: string) => (status === 'Approved' ? 3 : 6);

/** The outcome in the user's words; never a score. */
function outcome(session: SessionView, elsewhere: boolean, say: Say) {
  const values = { application: session.application_name };
  switch (session.status) {
    case 'Approved': {
      if (session.skipped_selfie && !elsewhere) {
        return {
          icon: <CheckIcon />,
          tone: 'good',
          title: say('skipped.title'),
          body: say('skipped.body', values),
        } as const;
      }
      const body = session.enrols ? 'approved.enrolled' : 'approved.body';
      return {
        icon: <CheckIcon />,
        tone: 'good',
        title: say('approved.title'),
        body: say(body, values),
      } as const;
    }
    case 'In Review':
      return {
        icon: <ClockIcon />,
        tone: 'warn',
        title: say('in_review.title'),
        body: say('in_review.body', values),
        note: say('in_review.next'),
      } as const;
    default: {
      const body = session.matches ? 'declined.matched' : 'declined.body';
      return {
        icon: <AttentionIcon />,
        tone: 'bad',
        title: say(session.matches ? 'declined.title' : 'declined.title_check'),
        body: say(body, values),
        note: say('declined.final'),
      } as const;
    }
  }
}

interface OutcomeProps {
  readonly state: StateAt<'verdict' | 'finished'>;
  /** Whether it is this device that goes on to the application. */
  readonly goesOn: boolean;
  readonly isEmbedded: boolean;
  readonly say: Say;
  readonly close: () => void;
  readonly forget: () => void;
}

/** The end: a verdict that has just come, or someone who came back to a link that has done its work. */
export function Outcome(props: OutcomeProps) {
  return props.state.at === 'verdict' ? <Verdict {...props} /> : <Finished {...props} />;
}

/** Goes on to the application by itself after a moment, where this device is the one to do so. */
function Verdict(props: OutcomeProps) {
  const { say, goesOn } = props;
  const { session } = props.state;
  const target = goesOn ? redirectTarget(session.callback, session.session_id, session.status) : null;
  const wait = session.callback_seconds ?? secondsBeforeRedirect(session.status);
  const isDeclined = session.status === 'Declined';
  // Whoever has a choice is not sent away while making it.
  const hasChoice =
    (isDeclined && session.fallback_url !== '') ||
    (props.state.at === 'verdict' && props.state.forgetting !== undefined);
  const seconds = useCountdown(wait, target === null || hasChoice);
  useEffect(() => {
    if (seconds === 0 && target !== null) location.replace(target);
  }, [seconds, target]);
  return (
    <NoticeScreen {...outcome(session, props.state.at === 'verdict' && props.state.elsewhere, say)}>
      <WayBack {...props} target={target} />
      {isDeclined ? <Fallback session={session} say={say} /> : null}
      <Device {...props} />
      {seconds === null ? null : (
        <p class="countdown" aria-hidden="true">
          {seconds > 0 ? say('verdict.redirecting', { count: seconds }) : ' '}
        </p>
      )}
    </NoticeScreen>
  );
}

function Finished(props: OutcomeProps) {
  const { say } = props;
  const { session } = props.state;
  const target = redirectTarget(session.callback, session.session_id, session.status);
  return (
    <NoticeScreen
      icon={<CheckIcon />}
      tone="calm"
      title={say('finished.title')}
      body={say('finished.body', { application: session.application_name })}
    >
      <WayBack {...props} target={target} />
    </NoticeScreen>
  );
}

function WayBack({
  state,
  say,
  target,
  goesOn,
  isEmbedded,
  close,
}: OutcomeProps & { target: string | null }) {
  if (target !== null) {
    return (
      <a class="primary" href={target}>
        {say('back_to', { application: state.session.application_name })}
      </a>
    );
  }
  if (isEmbedded) return <Primary text={say('done')} act={close} />;
  return <p class="note">{say(goesOn ? 'verdict.may_close' : 'handoff.go_back')}</p>;
}

/** On the device that was recognised, or is from now on: the way out of that. */
function Device({ state, say, forget }: OutcomeProps) {
  if (state.at !== 'verdict' || state.elsewhere || state.session.status !== 'Approved') return null;
  return <ForgetDevice forgetting={state.forgetting} say={say} forget={forget} />;
}

/** Seconds left, ticking down to 0; null while it is held. */
function useCountdown(from: number, isHeld: boolean): number | null {
  const [seconds, setSeconds] = useState(from);
  useEffect(() => {
    if (isHeld || seconds === 0) return;
    const timer = setTimeout(() => setSeconds(seconds - 1), 1_000);
    return () => clearTimeout(timer);
  }, [seconds, isHeld]);
  return isHeld ? null : seconds;
}
