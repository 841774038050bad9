import { randomUUIDv7 } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Principal } from '@selfsame/http/authentication';
import { Failure } from '@selfsame/runtime/errors';
import { announceStatus } from './announcements.ts';
import { noteBlocklists } from './assessments.ts';
import type { Context } from './context.ts';
import { skipAtCreation, visitAtCreation } from './creation-visits.ts';
import { namedDevice } from './domain/named-device.ts';
import { secretDigest, sessionToken, sessionUrl } from './domain/secrets.ts';
import type { Session } from './domain/session.ts';
import type { SessionRequest } from './domain/session-request.ts';
import { readSessionRequest } from './domain/session-request.ts';
import { adaptiveOf, enrols } from './domain/workflow.ts';
import { lockApplication } from './outbound/application-store.ts';
import { findReusableSession, insertSession, refreshSession } from './outbound/session-creation-store.ts';
import { findSession } from './outbound/session-store.ts';
import type { Queries } from './outbound/tables.ts';
import type { WorkflowVersion } from './outbound/workflow-store.ts';
import { findWorkflow } from './outbound/workflow-store.ts';
import { ensureReferenceFace } from './reference-faces.ts';
import type { Refused } from './refusal.ts';
import { refusedFields } from './refusal.ts';
import { refusedRules } from './step-up-rules.ts';

/** A session that was created, or found waiting, with the secret of its link. */
export interface CreatedSession {
  readonly session: Session;
  readonly workflow: { readonly id: string; readonly version: number };
  readonly token: string;
  readonly url: string;
}

/** Others may change the same subject's sessions in between; beyond this the caller tries again. */
const maxTries = 3;

/**
 * `POST /v3/session/`: a new session, or the subject's waiting one of the same workflow with callback and metadata renewed,
 * if it names the same device and address and has the same step-up. Where the workflow allows it, and knows the device that the application names, the session is approved at once. The face
 * to compare with is settled first, so that no transaction waits for models.
 */
export async function createSession(
  context: Context,
  principal: Principal,
  body: unknown,
): Promise<CreatedSession | Refused> {
  const read = readSessionRequest(body);
  if ('errors' in read) return refusedFields(read.errors);
  const { request } = read;
  const { db } = context.database;
  const workflow = await findWorkflow(db, principal.applicationId, request.workflowRef, { published: true });
  if (workflow === null) {
    return refusedFields({ workflow_id: 'Invalid workflow_id: no published workflow has this id.' });
  }
  const type = workflow.definition.workflow_type;
  if (request.workflowType !== null && request.workflowType !== type) {
    return refusedFields({ workflow_type: [`This workflow is of type ${type}.`] });
  }
  const refused =
    refusedOverride(request, workflow) ?? (await refusedRules(context, request.adaptive?.rules));
  if (refused !== null) return refused;
  for (let attempt = 0; attempt < maxTries; attempt += 1) {
    const created = await createOnce(context, principal, request, workflow);
    if (created !== 'moved') return created;
  }
  throw new Failure('unavailable', 'subject_busy', 'This user is being changed elsewhere; try again.');
}

/** Rules of a session replace its workflow's; what that does not allow they cannot, and nothing is ignored in silence. */
function refusedOverride({ adaptive }: SessionRequest, { definition }: WorkflowVersion): Refused | null {
  if (adaptive === null) return null;
  const { enabled, allow_skip } = adaptiveOf(definition);
  if (!enabled) return refusedFields({ adaptive: ['The step-up of this workflow is not enabled.'] });
  if (adaptive.allow_skip !== true || allow_skip) return null;
  return refusedFields({ adaptive: ['allow_skip: The workflow does not allow it.'] });
}

/** @returns `moved` when the subject's waiting session was not the expected one any more */
async function createOnce(
  context: Context,
  principal: Principal,
  request: SessionRequest,
  workflow: WorkflowVersion,
): Promise<CreatedSession | Refused | 'moved'> {
  const { database } = context;
  const now = new Date();
  const serves = isAskedAlike(request);
  const findWaiting = async (db: Queries) => {
    const { vendorData } = request;
    if (vendorData === null) return null;
    const { applicationId } = principal;
    const wanted = { applicationId, vendorData, definitionId: workflow.definitionId };
    return findReusableSession(db, wanted, now, serves);
  };
  const found = await findWaiting(database.db);
  const newId = randomUUIDv7();
  const ensureFace = (session: Session | null) =>
    ensureReferenceFace(context, principal.applicationId, {
      sessionId: session?.id ?? newId,
      workflow: workflow.definition,
      vendorData: request.vendorData,
      portrait: request.portrait,
      hasPortrait: session?.hasPortrait ?? false,
      expiresAt: session?.state.expiresAt ?? ends(now, workflow),
    });
  const [visit, firstReference] = await Promise.all([
    visitAtCreation(
      context,
      principal.applicationId,
      { newId, waitingId: found?.id ?? null, request, workflow },
      now,
    ),
    ensureFace(found),
  ]);
  if ('refused' in visit) return visit;
  // Whoever holds the link of a waiting session may be another one than who is known here: it is left to wait.
  const waiting = visit.mayBeSkipped ? null : found;
  const reference = waiting === found ? firstReference : await ensureFace(null);
  if ('refused' in reference) return reference;
  const id = waiting?.id ?? newId;
  const token = sessionToken(context.links.tokenKey, id);

  const session = await database.transaction(async (tx) => {
    if (request.vendorData !== null) {
      // Two requests for one subject at once must agree on one session.
      await lockApplication(tx, principal.applicationId);
      const current = await findWaiting(tx);
      if (current?.id !== found?.id) return null;
    }
    if (waiting) {
      const { callback, metadataJson } = request;
      const { hasPortrait, applicationId } = reference;
      const renewed = { callback, metadataJson, hasPortrait, referenceApplicationId: applicationId };
      if (!(await refreshSession(tx, id, renewed))) return null;
    } else {
      await insertSession(tx, {
        ...request,
        id,
        tokenSha256: secretDigest(token),
        applicationId: principal.applicationId,
        workflow,
        definitionId: workflow.definitionId,
        enrols: enrols(workflow.definition, request.vendorData),
        hasPortrait: reference.hasPortrait,
        referenceApplicationId: reference.applicationId,
        metadataJson: request.metadataJson ?? null,
        createdAt: now,
        expiresAt: ends(now, workflow),
      });
    }
    const created = await findSession(tx, principal.applicationId, id);
    if (created === null) throw new Error('a session that was just written is gone');
    await noteBlocklists(tx, created.application, visit.assessment);
    if (!waiting) await announceStatus(context, tx, created, null, now);
    return visit.mayBeSkipped ? skipAtCreation(context, tx, created, visit.assessment, now) : created;
  });
  if (session === null) return 'moved';
  const { workflowId, version } = workflow;
  const url = sessionUrl(context.links.publicBaseUrl, token, session.language);
  return { session, workflow: { id: workflowId, version }, token, url };
}

/**
 * Whether a waiting session has the step-up of this request, names its device and its address and expects the same one. What is named becomes
 * known with an approved selfie: whoever gets another session of the user asked for must not name a device in this one.
 */
function isAskedAlike(request: SessionRequest): (session: Session) => boolean {
  const { metadataJson, adaptive, expectedDetails } = request;
  const named = namedDevice(metadataJson === undefined ? null : JSON.parse(metadataJson));
  return (session) =>
    isDeepStrictEqual(namedDevice(session.metadata), named) &&
    isDeepStrictEqual(session.adaptive, adaptive) &&
    session.expectedDetails?.ip_address === expectedDetails?.ip_address;
}

function ends(now: Date, { definition }: WorkflowVersion): Date {
  return new Date(now.getTime() + definition.session_expiration_time * 1000);
}
