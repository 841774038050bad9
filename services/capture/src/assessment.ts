import type { FaceEvidence } from '@selfsame/contracts/biometrics/v1/evidence';
import type { Assessment } from '@selfsame/contracts/fraud_signals/v1/assessment';
import { AssessmentPhase } from '@selfsame/contracts/fraud_signals/v1/service';
import type { BeginAttemptResponse } from '@selfsame/contracts/session/v1/service';
import { errorCode } from '@selfsame/runtime/errors';
import type { Capture } from './capture.ts';
import type { Context } from './context.ts';
import { keyDigest } from './domain/device-proof.ts';
import { noKey, type Observed, observationOf } from './observed.ts';

/** A look that leads to a verdict. */
export interface JudgedLook {
  readonly attemptId: string;
  readonly capture: Capture;
  readonly observed: Observed;
  readonly grant: BeginAttemptResponse;
  readonly evidence: FaceEvidence;
  /** Whether the device has signed the pictures; undefined where no signature came. */
  readonly isSigned: boolean | undefined;
}

/**
 * What device, network and past say of a look. Undefined when nobody can be asked in time: session knows what that is worth
 * to the workflow, and nobody loses a look for it.
 */
export async function assessLook(
  { neighbours, config, log }: Context,
  { attemptId, capture, observed, grant, evidence, isSigned }: JudgedLook,
): Promise<Assessment | undefined> {
  // A session service of before assessments has nothing to assess.
  if (grant.assessed === undefined) return undefined;
  const { proof } = capture;
  const isProved = proof !== undefined && isSigned === true && grant.challenge?.nonceMatches === true;
  try {
    const { assessment } = await neighbours.fraudSignals.assess(
      {
        session: grant.assessed,
        phase: AssessmentPhase.CAPTURE,
        attemptId,
        observation: observationOf(observed, isProved ? keyDigest(proof) : noKey),
        evidence,
      },
      { deadline: config.assessTimeoutMs },
    );
    return assessment;
  } catch (error) {
    log.warn({ code: errorCode(error) }, 'fraud-signals could not be asked about a look');
    return undefined;
  }
}
