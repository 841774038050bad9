import { ReferenceKind } from '@selfsame/contracts/biometrics/v1/evidence';
import { FaceSearchScope } from '@selfsame/contracts/biometrics/v1/service';
import type { HostedSession, SessionServiceImplementation } from '@selfsame/contracts/session/v1/service';
import { Failure } from '@selfsame/runtime/errors';
import { beginAttempt } from '../attempts.ts';
import { beginChallenge } from '../challenges.ts';
import type { Context } from '../context.ts';
import { describeSession } from '../decisions.ts';
import { forgetDevice } from '../devices.ts';
import { otherMethods } from '../domain/features/liveness-method.ts';
import { isUuid } from '../domain/ids.ts';
import type { Session } from '../domain/session.ts';
import { attemptsLeft } from '../domain/session-life.ts';
import { methodOf } from '../domain/step-up.ts';
import { adaptsTemplate, matches, retriesUncertain, searches } from '../domain/workflow.ts';
import type { Visit } from '../hosted-sessions.ts';
import { leaveSession, openSession, readHostedSession } from '../hosted-sessions.ts';
import { findPrincipal } from '../outbound/application-store.ts';
import { assessedSession } from '../outbound/assessed-session.ts';
import { issuedChallenge, usedChallenge } from './challenge-messages.ts';
import { partnerRpc } from './partner-rpc.ts';

/** The gRPC side: proto ↔ use cases. */
export function sessionRpc(context: Context): SessionServiceImplementation {
  return {
    async authenticateKey({ keySha256 }) {
      const principal = await findPrincipal(context.database.db, keySha256);
      if (principal === null) {
        throw new Failure('not_found', 'key_unknown', 'This API key is unknown or revoked.');
      }
      return principal;
    },
    async readSession({ tokenSha256 }) {
      return { session: hosted(await readHostedSession(context, tokenSha256)) };
    },
    async openSession({ tokenSha256, ...seen }) {
      return { session: hosted(await openSession(context, tokenSha256, seen)) };
    },
    async beginChallenge({ tokenSha256, ...wanted }) {
      return issuedChallenge(await beginChallenge(context, tokenSha256, wanted));
    },
    async beginAttempt({ tokenSha256, ...look }) {
      const { session, answered, assessable } = await beginAttempt(context, tokenSha256, look);
      const { definition } = session.workflow;
      return {
        sessionId: session.id,
        applicationId: session.application.id,
        vendorData: session.vendorData ?? '',
        reference: referenceOf(session),
        enrols: session.enrols,
        attemptsLeft: attemptsLeft(session.state),
        search: searches(definition) ? FaceSearchScope.OTHERS : FaceSearchScope.NONE,
        challenge: answered === null ? undefined : usedChallenge(answered),
        retriesUncertain: retriesUncertain(definition),
        assessed: assessedSession(assessable, new Date()),
        referenceApplicationId: session.referenceApplicationId ?? '',
        adaptsTemplate: adaptsTemplate(definition),
        retainsImages: session.application.retainsImages,
      };
    },
    async leaveSession({ tokenSha256 }) {
      const { state } = await leaveSession(context, tokenSha256);
      return { status: state.status };
    },
    async describeSession({ applicationId, sessionId }) {
      const found = isUuid(sessionId) ? await describeSession(context, applicationId, sessionId) : null;
      if (found === null) {
        throw new Failure('not_found', 'session_not_found', 'The application has no such session.');
      }
      const { number, ...person } = found;
      return { sessionNumber: BigInt(number), ...person };
    },
    async forgetDevice({ tokenSha256 }) {
      await forgetDevice(context, tokenSha256);
      return {};
    },
    ...partnerRpc(context),
  };
}

function hosted(visit: Visit): HostedSession {
  const { session, lockedUntil, page, visitNonce, wantsProofAgain, offersSkip } = visit;
  const { definition } = session.workflow;
  const method = methodOf(session);
  return {
    sessionId: session.id,
    applicationId: session.application.id,
    applicationName: page.publicName ?? session.application.name,
    status: session.state.status,
    language: session.language ?? '',
    callback: session.callback ?? '',
    workflowType: definition.workflow_type,
    enrols: session.enrols,
    matches: matches(definition),
    retainsImages: session.application.retainsImages,
    livenessMethod: method,
    otherMethods: [...otherMethods(method)],
    attemptsLeft: attemptsLeft(session.state),
    expiresAt: session.state.expiresAt,
    lockedUntil: lockedUntil ?? undefined,
    callbackMethod: session.callbackMethod,
    isDesktopAllowed: definition.is_desktop_allowed,
    fallbackUrl: page.fallbackUrl ?? '',
    allowedOrigins: [...page.allowedOrigins],
    appearance: page.appearance ?? undefined,
    visitNonce,
    offersSkip,
    skippedSelfie: session.state.status === 'Approved' && session.stepUp?.skipped_selfie === true,
    wantsProofAgain,
  };
}

function referenceOf(session: Session): ReferenceKind {
  if (!matches(session.workflow.definition)) return ReferenceKind.NONE;
  return session.hasPortrait ? ReferenceKind.SESSION : ReferenceKind.SUBJECT;
}
