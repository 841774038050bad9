import type { Principal } from '@selfsame/http/authentication';
import { decisionSource } from './announcements.ts';
import type { Context } from './context.ts';
import { decisionOf } from './domain/decision-view.ts';
import { deviceToken } from './domain/device-token.ts';
import type { ImageUrls } from './domain/features/feature.ts';
import { sessionToken, sessionUrl } from './domain/secrets.ts';
import type { Session } from './domain/session.ts';
import type { Query } from './domain/session-filter.ts';
import { pageOf, readPage, readSessionFilter } from './domain/session-filter.ts';
import { sessionRow } from './domain/session-list-view.ts';
import { sessionsOfMatches } from './matched-sessions.ts';
import { listDecisionReviews } from './outbound/review-store.ts';
import { listSessions } from './outbound/session-search.ts';
import { findSession } from './outbound/session-store.ts';
import { findWorkflowIds } from './outbound/workflow-store.ts';
import type { Refused } from './refusal.ts';
import { notFound, refusedFields } from './refusal.ts';

/**
 * `GET …/decision/`, readable in any status.
 * @param withEvents adds what the contract shows with `include=events`
 */
export async function readDecision(
  context: Context,
  principal: Principal,
  sessionId: string,
  withEvents: boolean,
): Promise<{ decision: Record<string, unknown> } | Refused> {
  const { db } = context.database;
  const session = await findSession(db, principal.applicationId, sessionId);
  if (session === null) return notFound;
  const decision = await shownDecision(context, session);
  if (!withEvents) return { decision };
  return {
    decision: {
      ...decision,
      workflow_type: session.type === 'API' ? null : session.workflow.definition.workflow_type,
      workflow_version: session.workflow.version,
      workflow_version_id: session.workflow.versionId,
      api_service: session.apiService,
      session_type: session.type,
      has_device_nfc_support: null,
    },
  };
}

/** The decision as its application sees it. */
export async function shownDecision(context: Context, session: Session): Promise<Record<string, unknown>> {
  const { db } = context.database;
  const reviews = await listDecisionReviews(db, session);
  const known = await sessionsOfMatches(db, session.application.id, session.reports);
  const sessionUrl = linkOf(context, session);
  const images = await imagesOf(context, session);
  const shown = decisionOf(decisionSource(session), { sessionUrl, reviews, known, images });
  // Beside what events carry: whoever has it is believed.
  return { ...shown, device_token: deviceTokenOf(context, session) };
}

/** `GET /v3/sessions/`: a page of the application's sessions, newest first. */
export async function readSessions(
  context: Context,
  principal: Principal,
  query: Query,
): Promise<{ page: ReturnType<typeof pageOf<Record<string, unknown>>> } | Refused> {
  const read = readSessionFilter(query);
  if ('errors' in read) return refusedFields(read.errors);
  const { db } = context.database;
  const { workflows } = read.filter;
  const workflowIds = workflows && (await findWorkflowIds(db, principal.applicationId, workflows));
  const page = readPage(query);
  const filter = { ...read.filter, workflowIds };
  const { count, sessions } = await listSessions(db, principal.applicationId, filter, page);
  const rows = sessions.map((session) =>
    sessionRow(decisionSource(session), session.workflow.definition.steps, linkOf(context, session)),
  );
  return { page: pageOf(rows, count, page, { base: `${context.links.publicBaseUrl}/v3/sessions/`, query }) };
}

/** Whom a session was about, for lists that are made from sessions. */
export interface SessionDescription {
  readonly number: number;
  readonly vendorData: string;
  readonly email: string;
  readonly phone: string;
}

/** @returns null when the application has no such session */
export async function describeSession(
  context: Context,
  applicationId: string,
  sessionId: string,
): Promise<SessionDescription | null> {
  const session = await findSession(context.database.db, applicationId, sessionId);
  if (session === null) return null;
  return { number: session.number, vendorData: session.vendorData ?? '', ...contactOf(session) };
}

/** How the application says that the user is reached; empty where it says nothing. */
function contactOf({ contactDetails }: Session): { email: string; phone: string } {
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  return { email: text(contactDetails?.email), phone: text(contactDetails?.phone) };
}

/** Where the kept pictures of a session can be seen; a decision is readable without them. */
async function imagesOf({ biometrics, links, log }: Context, session: Session): Promise<ImageUrls> {
  const names = ['live_image', 'reference_image'];
  const named = (session.reports ?? []).flatMap(({ details }) => names.map((name) => details[name]));
  const ids = [...new Set(named.filter((id) => typeof id === 'string'))];
  if (ids.length === 0) return new Map();
  try {
    const owner = { applicationId: session.application.id, sessionId: session.id };
    const paths = await biometrics.linkImages(owner, ids);
    return new Map([...paths].map(([id, path]) => [id, `${links.publicBaseUrl}${path}`]));
  } catch (err) {
    log.warn({ err, session_id: session.id }, 'kept pictures could not be linked');
    return new Map();
  }
}

/** For the device on which an approved selfie was taken; null when there is none, or nobody to know it as. */
function deviceTokenOf({ links }: Context, session: Session): string | null {
  const { deviceName, vendorData, state, application, statusChangedAt } = session;
  if (state.status !== 'Approved' || deviceName === null || vendorData === null) return null;
  const owner = { applicationId: application.id, vendorData };
  return deviceToken(links.tokenKey, owner, deviceName, statusChangedAt, new Date());
}

/** Nobody is sent to a session that a call made, or that was over when it came. */
function linkOf(context: Context, session: Session): string | null {
  if (session.type !== 'HOSTED') return null;
  const { publicBaseUrl, tokenKey } = context.links;
  return sessionUrl(publicBaseUrl, sessionToken(tokenKey, session.id), session.language);
}
