import { Assessment, RiskLevel, StepUpAction } from '@selfsame/contracts/fraud_signals/v1/assessment';
import type { Assessed } from '../assess.ts';

const maxReasons = 20;

/** Domain → wire. */
export function assessmentMessage(assessed: Assessed): Assessment {
  const { weighed, stepUp } = assessed;
  const { counts } = weighed;
  return Assessment.fromPartial({
    assessmentId: assessed.id,
    riskScore: weighed.score,
    riskLevel: RiskLevel[weighed.level],
    reasons: weighed.reasons.slice(0, maxReasons),
    signalsWithValue: counts.value,
    signalsAbsent: counts.absent,
    signalsUnavailable: counts.unavailable,
    catalogueVersion: assessed.catalogueVersion,
    network: {},
    device: {},
    detections: [...weighed.detections].map(([risk, signals]) => ({ risk, signals: [...signals] })),
    ...(stepUp === null
      ? {}
      : { stepUp: { ...stepUp, action: StepUpAction[stepUp.action], because: [...stepUp.because] } }),
    failures: [...assessed.failures],
    assessedAt: assessed.at,
  });
}
