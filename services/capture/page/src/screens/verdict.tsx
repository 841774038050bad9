import { useEffect, useState } from 'preact/hooks';
import type { SessionView } from '../../../src/wire.ts';
import { AttentionIcon, CheckIcon, ClockIcon } from '../icons.tsx';
import { isEmbedded } from '../parent-events.ts';
import { redirectTarget } from '../redirect.ts';
import type { Say } from '../texts/catalogue.ts';
import { NoticeScreen } from './notice.tsx';

/** Good news is read quickly; anything else says what to do. */
const secondsBeforeRedirect = (status: string) => (status === 'Approved' ? 3 : 6);

/** The outcome in the user's words; never a score. */
function outcome(session: SessionView, say: Say) {
  const values = { application: session.application_name };
  switch (session.status) {
    case 'Approved': {
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
      } as const;
    default: {
      const body = session.matches ? 'declined.matched' : 'declined.body';
      return {
        icon: <AttentionIcon />,
        tone: 'bad',
        title: say('declined.title'),
        body: say(body, values),
      } as const;
    }
  }
}

/** The verdict that has just come; goes on to the application by itself after a moment. */
export function Verdict(props: { session: SessionView; say: Say; close: () => void }) {
  const { session, say } = props;
  const target = redirectTarget(session.callback, session.session_id, session.status);
  const seconds = useCountdown(target === null ? null : secondsBeforeRedirect(session.status));
  useEffect(() => {
    if (seconds === 0 && target !== null) location.replace(target);
  }, [seconds, target]);
  return (
    <NoticeScreen {...outcome(session, say)}>
      <WayBack {...props} target={target} />
      {seconds === null ? null : (
        <p class="countdown" aria-hidden="true">
          {seconds > 0 ? say('verdict.redirecting', { count: seconds }) : ' '}
        </p>
      )}
    </NoticeScreen>
  );
}

/** Someone came back to a link that has done its work. */
export function Finished(props: { session: SessionView; say: Say; close: () => void }) {
  const { session, say } = props;
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

function WayBack(props: { session: SessionView; say: Say; target: string | null; close: () => void }) {
  const { say, target } = props;
  if (target !== null) {
    return (
      <a class="primary" href={target}>
        {say('back_to', { application: props.session.application_name })}
      </a>
    );
  }
  if (isEmbedded()) {
    return (
      <button type="button" class="primary" onClick={props.close}>
        {say('done')}
      </button>
    );
  }
  return <p class="note">{say('verdict.may_close')}</p>;
}

/** Seconds left, ticking down to 0; null stays null. */
function useCountdown(from: number | null): number | null {
  const [seconds, setSeconds] = useState(from);
  useEffect(() => {
    if (seconds === null || seconds === 0) return;
    const timer = setTimeout(() => setSeconds(seconds - 1), 1_000);
    return () => clearTimeout(timer);
  }, [seconds]);
  return seconds;
}
