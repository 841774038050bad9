import { randomUUID } from 'node:crypto';
import { Assessment } from '@selfsame/contracts/fraud_signals/v1/assessment';
import type { AssessRequest } from '@selfsame/contracts/fraud_signals/v1/service';
import type { Context } from './context.ts';
import { catalogueVersion } from './domain/catalogue.ts';
import { weigh } from './domain/weigh.ts';

/** Weighs one moment of a session. */
export async function assess(_context: Context, _request: AssessRequest): Promise<Assessment> {
  const weighed = weigh(new Map());
  return Assessment.fromPartial({
    assessmentId: randomUUID(),
    riskScore: weighed.score,
    catalogueVersion,
    assessedAt: new Date(),
  });
}
