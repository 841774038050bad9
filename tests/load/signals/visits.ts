import { createHash, randomUUID } from 'node:crypto';
import { FaceSearchKind, MatchOutcome, SearchOutcome } from '@selfsame/contracts/biometrics/v1/evidence';
import { StepUpAction } from '@selfsame/contracts/fraud_signals/v1/assessment';
import type { Fact } from '@selfsame/contracts/fraud_signals/v1/observation';
import {
  AssessmentPhase,
  AssessRequest,
  type DeepPartial,
} from '@selfsame/contracts/fraud_signals/v1/service';
import { honestProfiles } from '../../../services/fraud-signals/test/fixtures/profiles.ts';

/** A subject with a device and an address of its own. */
interface Person {
  readonly vendorData: string;
  readonly ipAddress: string;
  readonly keySha256: Buffer;
  readonly cookieSha256: Buffer;
  readonly facts: Fact[];
  readonly mediaSignals: { name: string; value: number; raised: boolean }[];
}

/** Ordinary people with ordinary browsers; every tenth shares an address with another. */
export function makePeople(count: number): Person[] {
  return Array.from({ length: count }, (_, at) => {
    const { facts } = honestProfiles[at % honestProfiles.length] ?? { facts: {} };
    const entries = Object.entries(facts) as [string, unknown][];
    const home = at % 10 === 0 ? 0 : at;
    return {
      vendorData: `person-${at}`,
      ipAddress: `81.2.${(home >> 8) % 256}.${home % 256}`,
      keySha256: createHash('sha256').update(`key ${at}`).digest(),
      cookieSha256: createHash('sha256').update(`cookie ${at}`).digest(),
      facts: entries.filter(([name]) => /^(http|tls|page)\./.test(name)).map(factOf),
      mediaSignals: entries.flatMap(([name, value]) => {
        const trace = /^look\.((?:media|face|cam|auto|capture)_\w+)$/.exec(name)?.[1];
        return trace === undefined || typeof value !== 'number'
          ? []
          : [{ name: trace, value, raised: false }];
      }),
    };
  });
}

function factOf([name, value]: [string, unknown]): Fact {
  if (typeof value === 'string') return { name, value: { $case: 'text', value } };
  if (typeof value === 'number') return { name, value: { $case: 'number', value } };
  if (typeof value === 'boolean') return { name, value: { $case: 'flag', value } };
  if (Array.isArray(value)) return { name, value: { $case: 'texts', value: { items: value } } };
  return { name, value: undefined };
}

const so = (field: string, value: boolean) => ({ field, operator: 'equals', valueJson: String(value) });
/** Step-up rules as a workflow may have them: all of them are asked, the last one applies. */
const rules = [
  {
    name: 'anonymous',
    logic: 'or',
    conditions: [so('ip_is_tor_exit', true), so('ip_is_anonymous_vpn', true)],
    action: StepUpAction.ACTIVE_3D,
  },
  { name: 'other', logic: 'and', conditions: [], action: StepUpAction.PASSIVE },
];

/** What is asked of the service when somebody's page was opened, or a picture of theirs was looked at. */
export function visitOf(
  person: Person,
  visit: { applicationId: string; sessionId: string; phase: AssessmentPhase },
): AssessRequest {
  const request: DeepPartial<AssessRequest> = {
    session: {
      applicationId: visit.applicationId,
      sessionId: visit.sessionId,
      vendorData: person.vendorData,
      facts: [
        { name: 'session.attempts', value: { $case: 'number', value: 0 } },
        { name: 'session.age_ms', value: { $case: 'number', value: 31_204 } },
        { name: 'session.since_attempt_ms' },
      ],
      rules,
    },
    phase: visit.phase,
    observation: {
      ipAddress: person.ipAddress,
      device: { keySha256: person.keySha256, cookieSha256: person.cookieSha256 },
      facts: person.facts,
    },
    ...(visit.phase === AssessmentPhase.CAPTURE
      ? { attemptId: randomUUID(), evidence: evidenceOf(person) }
      : {}),
  };
  return AssessRequest.fromPartial(request);
}

function evidenceOf({ mediaSignals }: Person) {
  return {
    faceCount: 1,
    livenessScore: 96.4,
    faceQuality: 90.9,
    faceLuminance: 51.9,
    matchOutcome: MatchOutcome.COMPARED,
    similarityScore: 97.8,
    mediaSignals,
    searchOutcome: SearchOutcome.SEARCHED,
    searchMatches: [{ kind: FaceSearchKind.ALLOWLIST, similarity: 91 }],
  };
}
