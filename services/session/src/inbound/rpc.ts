import { ReferenceKind } from '@selfsame/contracts/biometrics/v1/evidence';
import { FaceSearchScope } from '@selfsame/contracts/biometrics/v1/service';
import type { HostedSession, SessionServiceImplementation } from '@selfsame/contracts/session/v1/service';
import { Failure } from '@selfsame/runtime/errors';
import type { Context } from '../context.ts';
import { searchesFaces } from '../domain/features/liveness.ts';
import type { Session } from '../domain/session.ts';
import { attemptsLeft } from '../domain/session-life.ts';
import { matches } from '../domain/workflow.ts';
import type { Visit } from '../hosted-sessions.ts';
import { beginAttempt, leaveSession, openSession, readHostedSession } from '../hosted-sessions.ts';
import { findPrincipal } from '../outbound/application-store.ts';

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
    async openSession({ tokenSha256 }) {
      return { session: hosted(await openSession(context, tokenSha256)) };
    },
    async beginAttempt({ tokenSha256, attemptId, ...digests }) {
      const session = await beginAttempt(context, tokenSha256, attemptId, digests);
      return {
        sessionId: session.id,
        applicationId: session.application.id,
        vendorData: session.vendorData ?? '',
        reference: referenceOf(session),
        enrols: session.enrols,
        attemptsLeft: attemptsLeft(session.state),
        search: searchScope(session),
      };
    },
    async leaveSession({ tokenSha256 }) {
      const { state } = await leaveSession(context, tokenSha256);
      return { status: state.status };
    },
  };
}

function hosted({ session, lockedUntil }: Visit): HostedSession {
  const { definition } = session.workflow;
  return {
    sessionId: session.id,
    applicationId: session.application.id,
    applicationName: session.application.name,
    status: session.state.status,
    language: session.language ?? '',
    callback: session.callback ?? '',
    workflowType: definition.workflow_type,
    enrols: session.enrols,
    matches: matches(definition),
    livenessMethod: livenessMethod(session),
    attemptsLeft: attemptsLeft(session.state),
    expiresAt: session.state.expiresAt,
    lockedUntil: lockedUntil ?? undefined,
  };
}

function livenessStep(session: Session) {
  return session.workflow.definition.steps.find((each) => each.feature === 'LIVENESS');
}

function searchScope(session: Session): FaceSearchScope {
  const step = livenessStep(session);
  return step !== undefined && searchesFaces(step.config) ? FaceSearchScope.OTHERS : FaceSearchScope.NONE;
}

function livenessMethod(session: Session): string {
  return String(livenessStep(session)?.config.face_liveness_method ?? 'PASSIVE');
}

function referenceOf(session: Session): ReferenceKind {
  if (!matches(session.workflow.definition)) return ReferenceKind.NONE;
  return session.hasPortrait ? ReferenceKind.SESSION : ReferenceKind.SUBJECT;
}
