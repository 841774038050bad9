import type { Transaction } from '@selfsame/database/database';
import type { TransitionDetails } from './announcements.ts';
import type { Context } from './context.ts';
import type { Session } from './domain/session.ts';
import { isOpenTo } from './domain/session-life.ts';
import { raised, sessionAdaptive } from './domain/step-up.ts';
import { livenessMethodOf } from './domain/workflow.ts';
import type { Tables } from './outbound/tables.ts';
import type { PlannedVisit } from './skipping.ts';
import { planSkip } from './skipping.ts';

/** What an opening comes to, and what is saved with it. */
interface OpeningPlan {
  readonly command: 'open' | 'skip';
  readonly details: TransitionDetails;
  /** The user may go on without a selfie. */
  readonly offersSkip: boolean;
}

/**
 * Decides what a visit has to show: nothing, where the session's rules say so, nothing speaks against it and its user has
 * pressed to go on; else at least what was asked for before. Opening a page is agreeing to nothing: somebody may have been
 * led there. Runs under the session's lock. Sessions of workflows that are not adaptive just open.
 */
export async function planOpening(
  context: Context,
  tx: Transaction<Tables>,
  session: Session,
  visit: PlannedVisit & { readonly continues: boolean },
  now: Date,
): Promise<OpeningPlan> {
  if (!sessionAdaptive(session).enabled || !isOpenTo(session.state, now)) {
    return { command: 'open', details: {}, offersSkip: false };
  }
  const skip = await planSkip(context, tx, session, visit, now);
  const mayBeSkipped = skip !== null && 'details' in skip;
  if (mayBeSkipped && visit.continues) return { command: 'skip', details: skip.details, offersSkip: false };
  const asked = livenessMethodOf(session.workflow.definition);
  const { assessment } = visit;
  const refusal = skip !== null && 'refusal' in skip ? skip.refusal : null;
  const stepUp = raised(session.stepUp, { assessment, asked, refusal }, now);
  return { command: 'open', details: { stepUp }, offersSkip: mayBeSkipped };
}
