import { useEffect, useState } from 'preact/hooks';
import type { SessionView } from '../../../src/wire.ts';
import { AttentionIcon, CheckIcon, ClockIcon } from '../icons.tsx';
import { isEmbedded } from '../parent-events.ts';
import { redirectTarget } from '../redirect.ts';
import type { Texts } from '../texts/texts.ts';
import { NoticeScreen } from './notice.tsx';

/** Good news is read quickly; anything else says what to do. */
const secondsBeforeRedirect = (status: string) => (status === 'Approved' ? 3 : 6);

/** The outcome in the user's words; never a score. */
function outcome(session: SessionView, texts: Texts) {
  const application = session.application_name;
  switch (session.status) {
    case 'Approved': {
      const body = session.enrols ? texts.approved.enrolled : texts.approved.body;
      return {
        icon: <CheckIcon />,
        tone: 'good',
        title: texts.approved.title,
        body: body(application),
      } as const;
    }
    case 'In Review':
      return {
        icon: <ClockIcon />,
        tone: 'warn',
        title: texts.inReview.title,
        body: texts.inReview.body(application),
      } as const;
    default: {
      const body = session.matches ? texts.declined.matched : texts.declined.body;
      return {
        icon: <AttentionIcon />,
        tone: 'bad',
        title: texts.declined.title,
        body: body(application),
      } as const;
    }
  }
}

/** The verdict that has just come; goes on to the application by itself after a moment. */
export function Verdict(props: { session: SessionView; texts: Texts; close: () => void }) {
  const { session, texts } = props;
  const target = redirectTarget(session.callback, session.session_id, session.status);
  const seconds = useCountdown(target === null ? null : secondsBeforeRedirect(session.status));
  useEffect(() => {
    if (seconds === 0 && target !== null) location.replace(target);
  }, [seconds, target]);
  return (
    <NoticeScreen {...outcome(session, texts)}>
      <WayBack {...props} target={target} />
      {seconds === null ? null : (
        <p class="countdown" aria-hidden="true">
          {seconds > 0 ? texts.redirecting(seconds) : ' '}
        </p>
      )}
    </NoticeScreen>
  );
}

/** Someone came back to a link that has done its work. */
export function Finished(props: { session: SessionView; texts: Texts; close: () => void }) {
  const { session, texts } = props;
  const target = redirectTarget(session.callback, session.session_id, session.status);
  return (
    <NoticeScreen
      icon={<CheckIcon />}
      tone="calm"
      title={texts.finished.title}
      body={texts.finished.body(session.application_name)}
    >
      <WayBack {...props} target={target} />
    </NoticeScreen>
  );
}

function WayBack(props: { session: SessionView; texts: Texts; target: string | null; close: () => void }) {
  const { texts, target } = props;
  if (target !== null) {
    return (
      <a class="primary" href={target}>
        {texts.backTo(props.session.application_name)}
      </a>
    );
  }
  if (isEmbedded()) {
    return (
      <button type="button" class="primary" onClick={props.close}>
        {texts.done}
      </button>
    );
  }
  return <p class="note">{texts.mayClose}</p>;
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
