import {
  Assessment,
  type ListKind,
  RiskLevel,
  StepUpAction,
} from '@selfsame/contracts/fraud_signals/v1/assessment';
import { expect, it } from 'vitest';
import { readAssessment } from './assessment.ts';

const whole = { network: {}, device: {}, riskLevel: RiskLevel.LOW };

it('what this version does not know never reads as something harmless', () => {
  const strange = Assessment.fromPartial({
    ...whole,
    riskScore: Number.NaN,
    riskLevel: 9 as unknown as RiskLevel,
    listHits: [{ kind: 9 as unknown as ListKind, entryType: 'ip_address' }],
    stepUp: { name: 'r', action: 9 as unknown as StepUpAction },
    matches: [{ sessionId: 's', matchType: 'scent', confidence: Number.NaN }],
  });
  expect(readAssessment(strange)).toMatchObject({
    riskScore: 100,
    riskLevel: 'HIGH',
    listHits: [{ kind: 'blocklist', listId: null }],
    stepUp: { action: 'ACTIVE_3D' },
    matches: [{ matchType: 'device_fingerprint', confidence: 0, session: null }],
    failures: [],
  });
});

it('an assessment without its parts failed', () => {
  expect(readAssessment(Assessment.fromPartial({})).failures).toEqual(['network', 'device']);
  const failed = Assessment.fromPartial({ device: {}, failures: ['network', 'history'] });
  expect(readAssessment(failed).failures).toEqual(['network', 'history']);
});

it('lists that could not be read do not read as none', () => {
  const read = (changes: object) =>
    readAssessment(Assessment.fromPartial({ ...whole, ...changes })).hasBlocklists;
  expect([read({}), read({ hasBlocklists: true })]).toEqual([false, true]);
  expect(read({ failures: ['lists'] })).toBeNull();
  expect(read({ failures: ['lists'], hasBlocklists: true })).toBe(true);
  expect(read({ failures: ['history'] })).toBe(false);
});

it('has an end, whatever a neighbour sends', () => {
  const endless = Assessment.fromPartial({
    ...whole,
    network: { isp: 'x'.repeat(9_999) },
    reasons: Array.from({ length: 999 }, () => ({ signal: 'x'.repeat(9_999), weight: 1 })),
    matches: Array.from({ length: 999 }, () => ({ sessionId: 'x'.repeat(9_999) })),
    stepUp: { action: StepUpAction.SKIP, because: Array.from({ length: 999 }, () => 'x'.repeat(9_999)) },
  });
  expect(JSON.stringify(readAssessment(endless)).length).toBeLessThan(40_000);
});
