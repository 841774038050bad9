import type { Transaction } from '@selfsame/database/database';
import { saveTransition } from './announcements.ts';
import type { Context } from './context.ts';
import type { Evidence } from './domain/features/evidence.ts';
import { transition } from './domain/session-life.ts';
import { judgeSteps, verdictOf } from './domain/verdict.ts';
import { lockSession } from './outbound/session-store.ts';
import type { Tables } from './outbound/tables.ts';

/** What a look at a face found, as it came from the bus. */
export interface Capture {
  readonly sessionId: string;
  readonly applicationId: string;
  readonly attemptId: string;
  /** When the first byte of the frame arrived. */
  readonly receivedAt: Date | undefined;
  readonly evidence: Evidence;
}

/**
 * Judges evidence and ends the session with its verdict. Evidence that is late, repeated, without a grant or of a
 * session that is gone changes nothing. Runs in the transaction that marks the event as processed.
 */
export async function judgeCapture(
  context: Context,
  tx: Transaction<Tables>,
  capture: Capture,
): Promise<void> {
  const session = await lockSession(tx, capture.applicationId, capture.sessionId);
  if (session === null) {
    context.log.info({ session_id: capture.sessionId }, 'evidence of an unknown or deleted session ignored');
    return;
  }
  const now = new Date();
  const reports = judgeSteps(session.workflow.definition.steps, capture.evidence, session.reports ?? []);
  const verdict = verdictOf(reports);
  const attemptId = capture.attemptId.toLowerCase();
  const result = transition(session.state, { kind: 'decide', verdict, attemptId }, now);
  if ('refusal' in result) {
    context.log.info({ session_id: session.id, reason: result.refusal }, 'evidence ignored');
    return;
  }
  await saveTransition(context, tx, session, result, now, {
    reports,
    attempt: { kind: 'judged', id: attemptId, at: now, evidence: capture.evidence, verdict },
    captureReceivedAt: capture.receivedAt,
    candidateId: capture.evidence.face?.candidateId,
  });
}
