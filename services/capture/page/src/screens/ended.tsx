import { AttentionIcon, ClockIcon, CloudOffIcon, LinkOffIcon } from '../icons.tsx';
import { redirectTarget } from '../redirect.ts';
import type { EndReason, StateAt } from '../states.ts';
import type { Say } from '../texts/catalogue.ts';
import { Fallback } from './fallback.tsx';
import { NoticeScreen } from './notice.tsx';
import { Primary } from './primary.tsx';

const icons = {
  expired: <ClockIcon />,
  unknown: <LinkOffIcon />,
  unavailable: <CloudOffIcon />,
  busy: <AttentionIcon />,
  slow: <ClockIcon />,
} satisfies Record<EndReason, unknown>;

/** A link that leads nowhere, for good or for now; what is for now can be tried again. */
export function Ended(props: { state: StateAt<'ended'>; say: Say; retry: () => void }) {
  const { state, say } = props;
  const { reason, session } = state;
  const isFinal = reason === 'expired' || reason === 'unknown';
  const target =
    isFinal && session !== undefined
      ? redirectTarget(session.callback, session.session_id, session.status)
      : null;
  return (
    <NoticeScreen
      icon={icons[reason]}
      tone={isFinal ? 'calm' : 'warn'}
      title={say(`ended.${reason}.title`)}
      body={say(`ended.${reason}.body`)}
    >
      {isFinal ? null : <Primary text={say('try_again')} act={props.retry} />}
      {target === null || session === undefined ? null : (
        <a class="primary" href={target}>
          {say('back_to', { application: session.application_name })}
        </a>
      )}
      <Fallback session={session} say={say} />
    </NoticeScreen>
  );
}
