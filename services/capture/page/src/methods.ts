import type { LivenessMethod, SessionView } from '../../src/wire.ts';

/** Every way in which liveness can be shown here, the one that is asked for first. */
export function methodsOf(session: SessionView): LivenessMethod[] {
  return [session.method, ...session.other_methods];
}

/** Where the page begins: nobody who has asked for less motion is shown flashing colours unasked. */
export function methodFor(session: SessionView, lessMotion: boolean): LivenessMethod {
  const gentle = methodsOf(session).find((method) => method !== 'FLASHING');
  return lessMotion && gentle !== undefined ? gentle : session.method;
}

/** What one may choose instead of the method of the moment; going back to the one that is asked for included. */
export function alternatives(session: SessionView, method: LivenessMethod): LivenessMethod[] {
  return methodsOf(session).filter((other) => other !== method);
}
