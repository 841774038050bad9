import { StepUpAction } from '@selfsame/contracts/fraud_signals/v1/assessment';
import type { AssessRequest, StepUpRule } from '@selfsame/contracts/fraud_signals/v1/service';
import { AssessmentPhase } from '@selfsame/contracts/fraud_signals/v1/service';
import { Failure } from '@selfsame/runtime/errors';
import type { AssessedMoment } from '../assess.ts';
import { formatAddress, readAddress } from '../domain/addresses.ts';
import { stepUpActions, type WrittenRule } from '../domain/rules.ts';
import { nothingOf, readObserved } from '../observed.ts';
import type { Phase } from '../visit.ts';
import { readEvidence } from './evidence.ts';

const phases: Partial<Record<AssessmentPhase, Phase>> = {
  [AssessmentPhase.CREATION]: 'CREATION',
  [AssessmentPhase.OPENING]: 'OPENING',
  [AssessmentPhase.CAPTURE]: 'CAPTURE',
};

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const digestBytes = 32;
/** What a page and its connection can tell. */
const clientAreas = ['http.', 'tls.', 'page.'];
/** What the session service can tell; the others of this area are found here. */
const sessionFacts = ['session.attempts', 'session.age_ms', 'session.since_attempt_ms'];

/** Wire → domain. @throws Failure `assessment_invalid` for what no service of ours asks */
export function readAssessRequest(request: AssessRequest): AssessedMoment {
  const { session, observation, evidence } = request;
  const phase = phases[request.phase];
  if (session === undefined || phase === undefined) throw invalid('a session and a phase are needed');
  if (!uuid.test(session.applicationId) || !uuid.test(session.sessionId)) throw invalid('ids must be UUIDs');
  return {
    applicationId: session.applicationId,
    sessionId: session.sessionId,
    vendorData: session.vendorData,
    email: session.email,
    phone: session.phone,
    expectedIpAddress: plainAddress(session.expectedIpAddress),
    applicationDeviceId: session.applicationDeviceId,
    applicationIpAddress: plainAddress(session.applicationIpAddress),
    vouchedDeviceId: request.vouchedDeviceId,
    phase,
    attemptId: request.attemptId,
    ipAddress: plainAddress(observation?.ipAddress ?? ''),
    device: {
      keySha256: digest(observation?.device?.keySha256),
      cookieSha256: digest(observation?.device?.cookieSha256),
    },
    told: new Map([
      ...readObserved(session.facts, sessionFacts),
      // Before there is a page there is nothing that it could have told.
      ...(phase === 'CREATION'
        ? nothingOf(clientAreas)
        : readObserved(observation?.facts ?? [], clientAreas)),
    ]),
    look: evidence === undefined ? null : readEvidence(evidence),
    rules: readWrittenRules(session.rules),
  };
}

/** Rules as somebody wrote them; an action that nobody knows stays one. */
export function readWrittenRules(rules: readonly StepUpRule[]): WrittenRule[] {
  return rules.map(({ name, logic, conditions, action }) => ({
    name,
    logic,
    conditions: conditions.map(({ field, operator, valueJson }) => ({ field, operator, valueJson })),
    action: stepUpActions.find((each) => StepUpAction[each] === action) ?? '',
  }));
}

/** One spelling for each address, IPv4 where IPv6 only carries it; empty when it is none. */
function plainAddress(text: string): string {
  const address = readAddress(text.trim());
  return address === null ? '' : formatAddress(address);
}

function digest(bytes: Buffer | undefined): Buffer | null {
  return bytes?.length === digestBytes ? bytes : null;
}

function invalid(why: string): Failure {
  return new Failure('invalid', 'assessment_invalid', `Nothing can be assessed: ${why}.`);
}
