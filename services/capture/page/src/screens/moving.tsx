import { handoffLink } from '../handoff/visit.ts';
import type { PageProps } from '../page-props.ts';
import type { StateAt } from '../states.ts';
import { Following } from './following.tsx';
import { Handoff } from './handoff.tsx';

/** The session on its way to another device, or there. */
export function Moving({ state, conductor, say }: PageProps & { state: StateAt<'handoff' | 'following'> }) {
  const { here, send, visit } = conductor;
  const goOn = () => send({ is: 'here' });
  if (state.at === 'following') {
    const canTakeOver = here.isLoopback || !here.isDesktop || state.session.is_desktop_allowed;
    return <Following stage={state.stage} say={say} takeOver={goOn} canTakeOver={canTakeOver} />;
  }
  return (
    <Handoff
      link={handoffLink(location.href, visit)}
      isForced={state.forced}
      isLoopback={here.isLoopback}
      say={say}
      stay={goOn}
    />
  );
}
