import {
  Assessment,
  ListKind,
  NetworkView,
  RiskLevel,
  StepUpAction,
} from '@selfsame/contracts/fraud_signals/v1/assessment';
import type { Assessed } from '../assess.ts';

const maxReasons = 20;
/** Blocking ones come first. */
const maxHits = 20;

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
    // A part that failed is empty, and named among the failures.
    network: assessed.network ?? NetworkView.fromPartial({}),
    device: assessed.device,
    listHits: assessed.hits.slice(0, maxHits).map(({ listType, entryType, listId, entryId }) => {
      const kind = listType === 'blocklist' ? ListKind.BLOCKLIST : ListKind.ALLOWLIST;
      return { kind, entryType, listId, entryId };
    }),
    hasBlocklists: assessed.hasBlocklists,
    matches: [...assessed.matches],
    detections: [...weighed.detections].map(([risk, signals]) => ({ risk, signals: [...signals] })),
    ...(stepUp === null
      ? {}
      : { stepUp: { ...stepUp, action: StepUpAction[stepUp.action], because: [...stepUp.because] } }),
    failures: [...assessed.failures],
    assessedAt: assessed.at,
  });
}
