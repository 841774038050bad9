import type { Observation } from '@selfsame/contracts/fraud_signals/v1/observation';
import type { AssessedSession } from '@selfsame/contracts/fraud_signals/v1/service';
import { AssessmentPhase, FraudSignalsServiceDefinition } from '@selfsame/contracts/fraud_signals/v1/service';
import { connectGrpc } from '@selfsame/runtime/grpc';
import type { StepUpRule } from '../domain/adaptive.ts';
import type { AssessmentEvidence } from '../domain/features/assessment.ts';
import { wireRules } from './assessed-session.ts';
import { readAssessment } from './assessment.ts';

/** What sessions ask of fraud-signals. Calls throw Failure when it is away or too slow. */
export interface FraudSignals {
  /**
   * Before there is a page: by the device and the address that the application names.
   * @param vouchedDeviceId a device that a token of ours names; empty: none
   */
  assessCreation(session: AssessedSession, vouchedDeviceId: string): Promise<AssessmentEvidence>;
  /** When the page is opened. */
  assessOpening(session: AssessedSession, observation: Observation): Promise<AssessmentEvidence>;
  /** What is wrong with step-up rules, a sentence each. */
  checkRules(rules: readonly StepUpRule[]): Promise<readonly string[]>;
  /** The device that a session was last seen on is not known as its subject's any more. */
  forgetDevice(visit: { applicationId: string; vendorData: string; sessionId: string }): Promise<void>;
}

/** An application waits for its session: rather none than late. */
const creationDeadlineMs = 300;
const askDeadlineMs = 1_000;

/** Connects to the fraud-signals service at `host:port`. */
export function connectFraudSignals(address: string): { fraudSignals: FraudSignals; close(): void } {
  const { client, close } = connectGrpc(FraudSignalsServiceDefinition, address, {
    deadlineMs: askDeadlineMs,
  });
  const read = ({ assessment }: { assessment?: Parameters<typeof readAssessment>[0] | undefined }) => {
    if (assessment === undefined) throw new Error('an assessment was answered without itself');
    return readAssessment(assessment);
  };
  return {
    fraudSignals: {
      async assessCreation(session, vouchedDeviceId) {
        const request = { session, phase: AssessmentPhase.CREATION, vouchedDeviceId };
        return read(await client.assess(request, { deadline: creationDeadlineMs }));
      },
      async assessOpening(session, observation) {
        return read(await client.assess({ session, phase: AssessmentPhase.OPENING, observation }));
      },
      async checkRules(rules) {
        return (await client.checkRules({ rules: wireRules(rules) })).mistakes;
      },
      async forgetDevice(visit) {
        await client.forgetDevices(visit);
      },
    },
    close,
  };
}
