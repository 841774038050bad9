import { useEffect, useState } from 'preact/hooks';
import { ShieldIcon } from '../icons.tsx';
import type { FlowEvent, StateAt } from '../states.ts';
import type { Say } from '../texts/catalogue.ts';
import { ForgetDevice } from './forget-device.tsx';
import { NoticeScreen } from './notice.tsx';
import { Primary } from './primary.tsx';

interface OfferProps {
  readonly state: StateAt<'offer'>;
  readonly say: Say;
  readonly send: (event: FlowEvent) => void;
}

/** It takes the welcome's place while that may be pressed: a press that was meant for the welcome takes no offer. */
const unreadMs = 500;

/** Someone who is known here: the press is the consent, and a selfie is there for those who rather take one. */
export function Offer({ state, say, send }: OfferProps) {
  const application = state.session.application_name;
  const isUnread = useUnread();
  const isTaken = state.isTaken === true;
  const isHeld = isTaken || state.forgetting === 'asked';
  return (
    <NoticeScreen
      icon={<ShieldIcon />}
      tone="calm"
      busy={isTaken}
      title={say('skipped.title')}
      body={say('offer.body', { application })}
    >
      <p class="essence">{say('offer.caution', { application })}</p>
      <Primary
        text={say('offer.continue', { application })}
        act={() => send({ is: 'continue' })}
        disabled={isHeld || isUnread}
      />
      <button
        type="button"
        class="secondary"
        onClick={() => send({ is: 'selfie' })}
        disabled={isHeld || isUnread}
      >
        {say('offer.selfie')}
      </button>
      <ForgetDevice
        forgetting={state.forgetting}
        say={say}
        forget={() => send({ is: 'forget' })}
        disabled={isTaken}
      />
      <p class="for-readers" role="status">
        {isTaken ? say('loading') : null}
      </p>
    </NoticeScreen>
  );
}

/** Whether the screen has only just appeared. */
function useUnread(): boolean {
  const [isUnread, setUnread] = useState(true);
  useEffect(() => {
    const timer = setTimeout(() => setUnread(false), unreadMs);
    return () => clearTimeout(timer);
  }, []);
  return isUnread;
}
