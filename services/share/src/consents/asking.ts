import { createHash, randomBytes, randomUUIDv7 } from 'node:crypto';
import type { ExportSessionResponse } from '@selfsame/contracts/session/v1/service';
import type { Principal } from '@selfsame/http/authentication';
import { type Audience, type AudienceWanted, findAudience } from '../audience.ts';
import type { Context } from '../context.ts';
import { isRefusal, type Refusal, refuseField } from '../domain/refusal.ts';
import type { Scope } from '../domain/scope.ts';
import { exportSession } from '../exported-session.ts';
import { countConsent } from '../metrics.ts';
import { type ConsentRow, insertConsent } from '../outbound/consent-store.ts';
import { subjectHash } from '../subject-hash.ts';
import { detailsText, type Evidence, sealDetails, sealPage } from './details.ts';
import { coreOfGiven, storeGiven } from './signed-core.ts';

/** What an application wants a person's agreement to. */
export interface ConsentAsked {
  readonly sessionId: string;
  readonly audience: AudienceWanted;
  readonly purpose: string;
  readonly scope: Scope;
  /** Until when agreeing allows anything. */
  readonly validUntil: Date;
  /** Empty: as the session has it, or the person's own. */
  readonly language: string;
}

/** How an application says that it has asked itself. */
export interface Captured {
  readonly at: Date;
  /** Such as a checkbox or a signed form. */
  readonly method: string;
  /** What the person read. */
  readonly text: string;
  readonly textVersion: string;
  /** Where the application keeps its own record; empty: it does not say. */
  readonly reference: string;
}

const tokenBytes = 24;

/**
 * Makes a link on which a person is asked. What they will read is settled now: names, purpose, scope and the last moment.
 * @param answerBy when the link ends
 * @returns the row with the token, which exists nowhere else
 */
export async function askConsent(
  context: Context,
  principal: Principal,
  asked: ConsentAsked & { readonly callback: string; readonly answerBy: Date },
): Promise<{ row: ConsentRow; token: string } | Refusal> {
  const found = await findWhatIsAsked(context, principal, asked);
  if (isRefusal(found)) return found;
  const { session } = found;
  const base = newRow(context, principal, asked, found);
  const token = randomBytes(tokenBytes).toString('base64url');
  const row = await insertConsent(context.database.db, {
    ...base,
    language: asked.language || session.language,
    asked_at: new Date(),
    token_sha256: createHash('sha256').update(token).digest(),
    state: 'asked',
    answer_by: new Date(Math.min(asked.answerBy.getTime(), asked.validUntil.getTime())),
    page: sealPage(context, base, {
      callback: asked.callback,
      appearance: session.appearance,
      deviceNames: session.deviceNames,
    }),
    answered_at: null,
    evidence_kind: null,
    details: null,
  });
  countConsent('asked');
  return { row, token };
}

/** Writes down what the application says it was told: given from the start, and marked as its word alone. */
export async function declareConsent(
  context: Context,
  principal: Principal,
  asked: ConsentAsked,
  captured: Captured,
): Promise<ConsentRow | Refusal> {
  if (asked.validUntil <= captured.at) {
    return refuseField('valid_until', 'This is before the consent was given.');
  }
  const found = await findWhatIsAsked(context, principal, asked);
  if (isRefusal(found)) return found;
  const base = { ...newRow(context, principal, asked, found), asked_at: captured.at };
  const details = detailsText({
    session_id: asked.sessionId,
    shown: null,
    evidence: { kind: 'declared_by_application', captured: declaredOf(captured) },
  });
  const given = {
    answeredAt: captured.at,
    evidenceKind: 'declared_by_application' as const,
    textVersion: captured.textVersion,
    textSha256: createHash('sha256').update(captured.text).digest(),
    language: asked.language,
    details,
  };
  const jws = await context.signing.sign('selfsame-consent+jwt', coreOfGiven(context, base, given));
  return await context.database.transaction(async (tx) => {
    const row = await insertConsent(tx, {
      ...base,
      language: asked.language,
      token_sha256: null,
      state: 'given',
      answer_by: captured.at,
      page: null,
      answered_at: captured.at,
      evidence_kind: given.evidenceKind,
      details: sealDetails(context, base, details),
    });
    await storeGiven(context, tx, row, jws);
    return row;
  });
}

function declaredOf({
  at,
  method,
  text,
  textVersion,
  reference,
}: Captured): NonNullable<Evidence['captured']> {
  return {
    at: at.toISOString(),
    method,
    text,
    text_version: textVersion,
    ...(reference === '' ? {} : { reference }),
  };
}

interface Found {
  readonly session: ExportSessionResponse;
  readonly audience: Audience;
}

/** Only what could be shared is asked for. */
async function findWhatIsAsked(
  context: Context,
  principal: Principal,
  { sessionId, scope, audience: wanted }: ConsentAsked,
): Promise<Found | Refusal> {
  const { applicationId } = principal;
  const [session, audience] = await Promise.all([
    exportSession(context, { applicationId, sessionId, scope }),
    findAudience(context, principal, wanted),
  ]);
  if (isRefusal(session)) return session;
  if (isRefusal(audience)) return audience;
  return { session, audience };
}

/** What there is to a consent, whoever has asked. */
function newRow(context: Context, principal: Principal, asked: ConsentAsked, { session, audience }: Found) {
  const { applicationId } = principal;
  return {
    id: randomUUIDv7(),
    application_id: applicationId,
    application_name: session.applicationName || principal.name,
    session_id: asked.sessionId,
    subject_hash: subjectHash(context, applicationId, session.vendorData),
    user_pid: session.userPid,
    audience_id: audience.applicationId,
    audience: audience.called,
    audience_name: audience.name,
    purpose: asked.purpose,
    scope: asked.scope,
    valid_until: asked.validUntil,
    withdrawn_at: null,
  };
}
