import type { Bus } from '@selfsame/bus/bus';
import { apiCalled, captureCompleted, erasureConfirmed } from '@selfsame/contracts/catalog';
import { noteCalls } from '../audit-log.ts';
import type { Context } from '../context.ts';
import { noteConfirmation } from '../erasures.ts';
import { readAssessment } from '../outbound/assessment.ts';
import { readEvidence } from '../outbound/evidence.ts';
import type { Tables } from '../outbound/tables.ts';
import { judgeCapture } from '../verdicts.ts';

/** Subscribes to what this service acts on: one handler per event. */
export async function startConsumers(bus: Bus<Tables>, context: Context): Promise<void> {
  await bus.subscribeInBatches(apiCalled, noteCalls);
  await bus.subscribe(erasureConfirmed, (tx, { message }) => noteConfirmation(context, tx, message));
  await bus.subscribe(captureCompleted, async (tx, event) => {
    const { message } = event;
    const result = await judgeCapture(context, tx, {
      sessionId: message.sessionId,
      applicationId: message.applicationId,
      attemptId: message.attemptId,
      receivedAt: message.receivedAt,
      tookMs: message.tookMs,
      evidence: {
        face: message.evidence ? readEvidence(message.evidence) : null,
        assessment: message.assessment ? readAssessment(message.assessment) : null,
      },
    });
    // Nobody else reads it, and nobody is left whom it could be about.
    if (result === 'gone') context.database.onCommit(tx, () => void context.bus.eraseDelivered(event));
  });
}
