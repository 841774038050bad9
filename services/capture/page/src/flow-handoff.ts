import { arrived, conclude, isTaken, standingOf, stay } from './flow-steps.ts';
import type { FlowEvent, Standing, State, Step, Surroundings } from './states.ts';

type HandoffEvent = Extract<FlowEvent, { is: 'handoff' | 'here' | 'elsewhere' | 'concluded' }>;

/** The first screen of a session that takes pictures: the code for the phone where computers are not wanted. */
export function entrance(standing: Standing, here: Surroundings): State {
  const unwanted = here.isDesktop && !standing.session.is_desktop_allowed;
  return unwanted ? { at: 'handoff', ...standing, forced: true } : { at: 'welcome', ...standing };
}

/** Nothing has been judged yet, so the session may still change hands. */
const movable = new Set<State['at']>([
  ...['welcome', 'offer', 'handoff', 'following', 'asking', 'trouble', 'looking', 'otherway', 'again'],
] as State['at'][]);

/** What happens while a session moves between devices. Two that look at once both send; session gives one verdict. */
export function duringHandoff(state: State, event: HandoffEvent, here: Surroundings): Step {
  const standing = standingOf(state);
  // What is being answered here goes on here.
  if (standing === null || isTaken(state)) return stay(state);
  switch (event.is) {
    case 'handoff':
      if (!movable.has(state.at) || state.at === 'handoff') return stay(state);
      return { state: { at: 'handoff', ...standing, forced: false }, effects: [{ do: 'stop_camera' }] };
    case 'here':
      return goOnHere(state, standing, here);
    case 'elsewhere':
      return follow(state, standing, event.stage);
    case 'concluded': {
      if (!movable.has(state.at) && state.at !== 'deciding' && state.at !== 'sending') return stay(state);
      const elsewhere = state.at !== 'deciding' && state.at !== 'sending';
      const session = { ...standing.session, callback: event.callback };
      return arrived(state, conclude({ ...standing, session }, event.status, elsewhere));
    }
  }
}

function goOnHere(state: State, standing: Standing, here: Surroundings): Step {
  if (state.at !== 'handoff' && state.at !== 'following') return stay(state);
  if (here.isLoopback) return stay({ at: 'welcome', ...standing });
  return stay(state.at === 'handoff' && state.forced ? state : entrance(standing, here));
}

/** Follows the other device; a page that looks itself gives way only to one that looks, too. */
function follow(state: State, standing: Standing, stage: (FlowEvent & { is: 'elsewhere' })['stage']): Step {
  if (!movable.has(state.at)) return stay(state);
  if (state.at === 'following') return stay({ ...state, stage });
  const waits = state.at === 'welcome' || state.at === 'offer' || state.at === 'handoff';
  if (stage === 'left' || (stage === 'opened' && !waits)) return stay(state);
  return { state: { at: 'following', ...standing, stage }, effects: [{ do: 'stop_camera' }] };
}
