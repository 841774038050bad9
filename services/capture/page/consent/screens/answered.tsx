import { useEffect, useState } from 'preact/hooks';
import type { ConsentStatus } from '../../../src/consent-wire.ts';
import { CheckIcon, ClockIcon, CloseIcon, DoorIcon } from '../../src/icons.tsx';
import { withAnswer } from '../../src/redirect.ts';
import { Heading } from '../../src/screens/heading.tsx';
import type { ConsentProps } from '../consent-page.tsx';
import type { StateAt } from '../flow.ts';
import { Terms, tongueOf } from './terms.tsx';

/** Long enough to read how to withdraw; whoever needs longer stays. */
const secondsBeforeRedirect = 10;

type Answer = Exclude<ConsentStatus, 'asked'>;
const icons = {
  given: <CheckIcon />,
  refused: <CloseIcon />,
  withdrawn: <DoorIcon />,
  expired: <ClockIcon />,
} satisfies Record<Answer, unknown>;

/** What was answered, what happens now, and the way to take it back. */
export function Answered({ state, conductor, say }: ConsentProps & { state: StateAt<'answered'> }) {
  const { consent, isFresh, isElsewhere } = state;
  const { text } = consent;
  const status = consent.status === 'asked' ? 'expired' : consent.status;
  const target = withAnswer(consent.callback, 'consent_id', consent.consent_id, status);
  const [stays, setStays] = useState(!isFresh || target === null);
  const seconds = useCountdown(secondsBeforeRedirect, stays);
  useEffect(() => {
    if (seconds === 0 && !stays && target !== null) location.replace(target);
  }, [seconds, stays, target]);
  const stay = () => setStays(true);
  return (
    <>
      <div class="scroll notice">
        <div class={`symbol ${status === 'given' ? 'good' : 'calm'}`}>{icons[status]}</div>
        <Heading>{say(`answered.${status}`)}</Heading>
        {isElsewhere ? <p class="note">{say('elsewhere')}</p> : null}
        <p {...tongueOf(consent)}>{text[status]}</p>
        {stays ? null : (
          <p class="for-readers">{say('verdict.redirecting', { count: secondsBeforeRedirect })}</p>
        )}
        {status === 'expired' && target === null ? <p>{say('ended.expired.body')}</p> : null}
        {status === 'given' ? (
          <details onToggle={stay}>
            <summary>{say('details')}</summary>
            <Terms consent={consent} />
          </details>
        ) : null}
      </div>
      <div class="actions">
        {target === null ? (
          <p class="note">{say('verdict.may_close')}</p>
        ) : (
          <a class="primary" href={target}>
            {say('back_to', { application: consent.application_name })}
          </a>
        )}
        {status === 'given' ? (
          <button
            type="button"
            class="secondary"
            onClick={() => conductor.act('ask_back')}
            {...tongueOf(consent)}
          >
            {text.withdraw}
          </button>
        ) : null}
        {stays ? null : (
          <>
            <p class="countdown" aria-hidden="true">
              {say('verdict.redirecting', { count: seconds })}
            </p>
            <button type="button" class="quiet" onClick={stay}>
              {say('stay')}
            </button>
          </>
        )}
      </div>
    </>
  );
}

/** Seconds left, ticking down to 0 unless it is held. */
function useCountdown(from: number, isHeld: boolean): number {
  const [seconds, setSeconds] = useState(from);
  useEffect(() => {
    if (isHeld || seconds === 0) return;
    const timer = setTimeout(() => setSeconds(seconds - 1), 1_000);
    return () => clearTimeout(timer);
  }, [seconds, isHeld]);
  return seconds;
}
