import type { LivenessMethod, SessionView } from '../../src/wire.ts';
import type { Standing } from './states.ts';

/** Every way in which liveness can be shown here, the one that is asked for first. */
export function methodsOf(session: SessionView): LivenessMethod[] {
  return [session.method, ...session.other_methods];
}

/** Where the page begins: nobody who has asked for less motion is shown flashing colours unasked. */
export function methodFor(session: SessionView, lessMotion: boolean): LivenessMethod {
  const gentle = methodsOf(session).find((method) => method !== 'FLASHING');
  return lessMotion && gentle !== undefined ? gentle : session.method;
}

/**
 * The method after the service has said more of the session: what the user has turned to while it is still offered, else
 * what is asked for now.
 */
export function methodAfter(standing: Standing, session: SessionView, lessMotion: boolean): LivenessMethod {
  const { method, declined = [] } = standing;
  const isSame = session.method === standing.session.method;
  const isOffered = methodsOf(session).includes(method);
  return isOffered && (isSame || declined.length > 0) ? method : methodFor(session, lessMotion);
}

/**
 * What one may choose instead of the method of the moment; going back to the one that is asked for included. What the
 * user has turned away from comes last.
 */
export function alternatives({ session, method, declined = [] }: Standing): LivenessMethod[] {
  const others = methodsOf(session).filter((other) => other !== method);
  const isDeclined = (other: LivenessMethod) => Number(declined.includes(other));
  return others.sort((one, other) => isDeclined(one) - isDeclined(other));
}

/** The user turns to another method, away from the one of the moment. */
export function choose({ session, method, declined = [] }: Standing, chosen: LivenessMethod): Standing {
  if (chosen === method) return { session, method, declined };
  const turnedDown = [...declined, method].filter((each) => each !== chosen);
  return { session, method: chosen, declined: [...new Set(turnedDown)] };
}

/** Whether there is any other way than the method of the moment, by this page or by the application's own. */
export function hasOtherWays(standing: Standing): boolean {
  return alternatives(standing).length > 0 || standing.session.fallback_url !== '';
}
