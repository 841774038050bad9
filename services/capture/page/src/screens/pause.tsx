import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { State } from '../flow.ts';
import { redirectTarget } from '../redirect.ts';
import { minutesUntil } from '../service-clock.ts';
import { clockTime, localeOf, waitingTime } from '../texts/clock-time.ts';
import type { Texts } from '../texts/texts.ts';
import { NoticeScreen } from './notice.tsx';
import { Primary } from './primary.tsx';

/** Screen readers hear of a wait when so many minutes are left, not every minute. */
const spokenMinutes = [10, 5, 1, 0];

/** Nothing is going on: locked, or left. One may go on at once or, after too many tries, from a time on. */
export function Pause(props: {
  state: State & { at: 'locked' | 'left' };
  texts: Texts;
  icon: ComponentChildren;
  title: string;
  /** Said once there is nothing to wait for. */
  body: string;
  action: string;
  act: () => void;
  leave: () => void;
}) {
  const { texts, title, icon } = props;
  const { session, until = '' } = props.state;
  const minutes = useMinutesUntil(until);
  const [first] = useState(minutes);
  const body = minutes > 0 ? sentenceOf(until, minutes, texts) : props.body;
  const target = redirectTarget(session.callback, session.session_id, 'Not Finished');
  return (
    <NoticeScreen icon={icon} tone="calm" title={title} body={body}>
      <span class="for-readers" role="status">
        {minutes !== first && spokenMinutes.includes(minutes) ? body : ''}
      </span>
      <Primary text={props.action} act={props.act} disabled={minutes > 0} />
      {target === null ? null : (
        // The browser follows the link before the screen changes, which stays where the link opens another app.
        <a class="secondary" href={target} onClick={() => setTimeout(props.leave)}>
          {texts.backTo(session.application_name)}
        </a>
      )}
    </NoticeScreen>
  );
}

function sentenceOf(until: string, minutes: number, texts: Texts): string {
  const locale = localeOf(document.documentElement.lang, navigator.languages);
  return texts.locked.wait(clockTime(until, new Date(), locale), waitingTime(minutes, locale));
}

/** Looks at the clock every second, since a sleeping phone stops its timers; the screen changes with the minute. */
function useMinutesUntil(until: string): number {
  const [minutes, setMinutes] = useState(() => minutesUntil(until));
  useEffect(() => {
    const timer = setInterval(() => setMinutes(minutesUntil(until)), 1_000);
    return () => clearInterval(timer);
  }, [until]);
  return minutes;
}
