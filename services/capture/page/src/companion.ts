import type { SessionPath } from './client.ts';
import { followSession } from './handoff/follow.ts';
import { goesOn } from './handoff/goes-on.ts';
import type { Visit } from './handoff/visit.ts';
import { type LiveChannel, openLiveChannel, type VisitStage } from './live-channel.ts';
import type { FlowEvent, State } from './states.ts';

/** What this page tells the one on the other device, by its own state. */
const stages: { readonly [At in State['at']]?: VisitStage } = {
  welcome: 'opened',
  offer: 'opened',
  asking: 'looking',
  looking: 'looking',
  again: 'looking',
  sending: 'checking',
  stuck: 'checking',
  deciding: 'checking',
  left: 'left',
};

/** The page's ties to a page of the same session on another device. */
export interface Companion {
  readonly live: LiveChannel;
  /** Tells and follows as the state asks for it; `signal` ends with the state. */
  accompany(state: State, signal: AbortSignal): void;
  /** Whether this page, rather than the other one, goes on to the application. */
  goesOn(state: State): boolean;
}

/** A page that nobody handed over, and that hands nothing over, opens no line of its own for this. */
export function createCompanion(
  path: SessionPath,
  visit: Visit,
  send: (event: FlowEvent) => void,
): Companion {
  let isShared = visit.from !== null;
  let hasHeard = false;
  const live = openLiveChannel(path, visit, (news) => {
    if (news.is === 'progress') {
      hasHeard = true;
      send({ is: 'elsewhere', stage: news.stage });
    } else if (news.is === 'finished') {
      send({ is: 'concluded', status: news.status, callback: news.callback });
    }
  });

  return {
    live,
    accompany(state, signal) {
      if (state.at === 'handoff' || state.at === 'following') {
        isShared = true;
        void followSession(path, live, signal, (session) => send({ is: 'opened', session }));
        return;
      }
      const stage = stages[state.at];
      if (isShared && stage !== undefined) live.tell(stage);
      if (state.at === 'verdict' || state.at === 'finished') live.close();
    },
    goesOn(state) {
      if (!('session' in state) || state.session === undefined) return true;
      return goesOn(state.session.callback_method, {
        handedOver: visit.from !== null,
        handedOn: hasHeard,
        tookPicture: state.at !== 'verdict' || !state.elsewhere,
      });
    },
  };
}
