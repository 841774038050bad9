import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { redirectTarget } from '../redirect.ts';
import { minutesUntil } from '../service-clock.ts';
import type { StateAt } from '../states.ts';
import type { Say } from '../texts/catalogue.ts';
import { clockTime, localeOf, waitingTime } from '../texts/clock-time.ts';
import { Fallback } from './fallback.tsx';
import { NoticeScreen } from './notice.tsx';
import { Primary } from './primary.tsx';

/** Screen readers hear of a wait when so many minutes are left, not every minute. */
const spokenMinutes = [10, 5, 1, 0];

/** Nothing is going on: locked, or left. One may go on at once or, after too many tries, from a time on. */
export function Pause(props: {
  state: StateAt<'locked' | 'left'>;
  say: Say;
  icon: ComponentChildren;
  title: string;
  /** Said once there is nothing to wait for. */
  body: string;
  action: string;
  act: () => void;
  leave: () => void;
}) {
  const { say, title, icon } = props;
  const { session, until = '' } = props.state;
  const minutes = useMinutesUntil(until);
  const [first] = useState(minutes);
  const body = minutes > 0 ? sentenceOf(until, minutes, say) : props.body;
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
          {say('back_to', { application: session.application_name })}
        </a>
      )}
      <Fallback session={session} say={say} />
    </NoticeScreen>
  );
}

function sentenceOf(until: string, minutes: number, say: Say): string {
  const locale = localeOf(document.documentElement.lang, navigator.languages);
  const time = clockTime(until, new Date(), locale);
  return say('locked.wait', { time, wait: waitingTime(minutes, locale) });
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
