import { AttentionIcon, CloudOffIcon, LinkOffIcon } from '../../src/icons.tsx';
import { NoticeScreen } from '../../src/screens/notice.tsx';
import { Primary } from '../../src/screens/primary.tsx';
import type { ConsentProps } from '../consent-page.tsx';
import type { StateAt } from '../flow.ts';
import type { ConsentEnd } from '../given.ts';

const icons = {
  unknown: <LinkOffIcon />,
  unavailable: <CloudOffIcon />,
  busy: <AttentionIcon />,
} satisfies Record<ConsentEnd, unknown>;

/** A link that leads nowhere, for good or for now; what is for now can be tried again. */
export function Ended({ state, conductor, say }: ConsentProps & { state: StateAt<'ended'> }) {
  const { reason, isAsking } = state;
  return (
    <NoticeScreen
      icon={icons[reason]}
      tone={reason === 'unknown' ? 'calm' : 'warn'}
      busy={isAsking}
      title={say(`ended.${reason}.title`)}
      body={say(`ended.${reason}.body`)}
    >
      {reason === 'unknown' ? null : (
        <Primary text={say('try_again')} act={() => conductor.act('retry')} disabled={isAsking} />
      )}
      <p class="for-readers" role="status">
        {isAsking ? say('loading') : null}
      </p>
    </NoticeScreen>
  );
}
