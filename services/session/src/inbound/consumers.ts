import type { Bus } from '@selfsame/bus/bus';
import { apiCalled, captureCompleted } from '@selfsame/contracts/catalog';
import { noteCalls } from '../audit-log.ts';
import type { Context } from '../context.ts';
import { readAssessment } from '../outbound/assessment.ts';
import { readEvidence } from '../outbound/evidence.ts';
import type { Tables } from '../outbound/tables.ts';
import { judgeCapture } from '../verdicts.ts';

/** Subscribes to what this service acts on: one handler per event. */
export async function startConsumers(bus: Bus<Tables>, context: Context): Promise<void> {
  await bus.subscribeInBatches(apiCalled, noteCalls);
  await bus.subscribe(captureCompleted, async (tx, { message }) => {
    await judgeCapture(context, tx, {
      sessionId: message.sessionId,
      applicationId: message.applicationId,
      attemptId: message.attemptId,
      receivedAt: message.receivedAt,
      evidence: {
        face: message.evidence ? readEvidence(message.evidence) : null,
        assessment: message.assessment ? readAssessment(message.assessment) : null,
      },
    });
  });
}
