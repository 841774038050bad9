/** How liveness is shown: one frame, colours on the screen, or movements of the head. */
export const livenessMethods = ['PASSIVE', 'FLASHING', 'ACTIVE_3D'] as const;
export type LivenessMethod = (typeof livenessMethods)[number];

/**
 * What a user may choose instead of the method that the workflow asks for, best first: people who must not look at flashes
 * or cannot turn their head get another way. PASSIVE proves less than either, so it comes last and its verdict is at best a
 * review; a workflow that asks for it has nothing below it.
 */
const others: Readonly<Record<LivenessMethod, readonly LivenessMethod[]>> = {
  FLASHING: ['ACTIVE_3D', 'PASSIVE'],
  ACTIVE_3D: ['FLASHING', 'PASSIVE'],
  PASSIVE: [],
};

/** The methods that a user may choose instead, best first. */
export function otherMethods(asked: LivenessMethod): readonly LivenessMethod[] {
  return others[asked];
}
