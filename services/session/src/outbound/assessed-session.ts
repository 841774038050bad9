import { StepUpAction as WireAction } from '@selfsame/contracts/fraud_signals/v1/assessment';
import type { Fact } from '@selfsame/contracts/fraud_signals/v1/observation';
import type { AssessedSession, StepUpRule as WireRule } from '@selfsame/contracts/fraud_signals/v1/service';
import type { StepUpRule } from '../domain/adaptive.ts';
import type { StepUpAction } from '../domain/features/assessment.ts';
import type { JsonObject } from '../domain/fields.ts';
import { namedDevice } from '../domain/named-device.ts';
import type { Session } from '../domain/session.ts';
import { sessionAdaptive } from '../domain/step-up.ts';

/** What is told of a session that may not be written yet. */
export interface Assessable {
  readonly id: string;
  readonly applicationId: string;
  readonly vendorData: string | null;
  readonly contactDetails: JsonObject | null;
  readonly expectedDetails: JsonObject | null;
  readonly metadata: unknown;
  readonly createdAt: Date;
  /** Looks granted so far, and when the latest was; null: none; undefined: it is the one that is sent again. */
  readonly attempts: number;
  readonly lastAttemptAt: Date | null | undefined;
  /** Empty: nobody asks. */
  readonly rules: readonly StepUpRule[];
}

/** A session as it is to be assessed at its opening, and at the look of `attemptId`. */
export function assessableSession(session: Session, attemptId: string | null = null): Assessable {
  const { id, vendorData, contactDetails, expectedDetails, metadata, createdAt } = session;
  const earlier = session.state.attempts.filter((each) => each !== attemptId);
  const isRepeated = earlier.length < session.state.attempts.length;
  return {
    id,
    applicationId: session.application.id,
    vendorData,
    contactDetails,
    expectedDetails,
    metadata,
    createdAt,
    attempts: earlier.length,
    lastAttemptAt: isRepeated ? (earlier.length === 0 ? null : undefined) : session.lastAttemptAt,
    rules: sessionAdaptive(session).rules,
  };
}

/** The same in the proto's words. */
export function assessedSession(session: Assessable, now: Date): AssessedSession {
  const { deviceId, ipAddress } = namedDevice(session.metadata);
  const { attempts, lastAttemptAt, createdAt } = session;
  return {
    applicationId: session.applicationId,
    sessionId: session.id,
    vendorData: session.vendorData ?? '',
    email: text(session.contactDetails?.email),
    phone: text(session.contactDetails?.phone),
    expectedIpAddress: text(session.expectedDetails?.ip_address),
    applicationDeviceId: deviceId ?? '',
    applicationIpAddress: ipAddress ?? '',
    facts: [
      number('session.attempts', attempts),
      number('session.age_ms', now.getTime() - createdAt.getTime()),
      ...(lastAttemptAt === undefined
        ? []
        : [number('session.since_attempt_ms', lastAttemptAt && now.getTime() - lastAttemptAt.getTime())]),
    ],
    rules: wireRules(session.rules),
  };
}

/** Step-up rules in the proto's words. */
export function wireRules(rules: readonly StepUpRule[]): WireRule[] {
  return rules.map(({ name, logic, rules: conditions, action }) => ({
    name,
    logic,
    conditions: conditions.map(({ field, operator, value }) => ({
      field,
      operator,
      valueJson: value === undefined ? '' : JSON.stringify(value),
    })),
    action: actions[action],
  }));
}

const actions: Record<StepUpAction, WireAction> = {
  SKIP: WireAction.SKIP,
  PASSIVE: WireAction.PASSIVE,
  FLASHING: WireAction.FLASHING,
  ACTIVE_3D: WireAction.ACTIVE_3D,
};

/** @param value null: it was looked for and is not there */
function number(name: string, value: number | null): Fact {
  return { name, value: value === null ? undefined : { $case: 'number', value } };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
