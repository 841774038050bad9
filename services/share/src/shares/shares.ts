import { createHash, randomUUIDv7 } from 'node:crypto';
import type { ExportSessionResponse } from '@selfsame/contracts/session/v1/service';
import type { Transaction } from '@selfsame/database/database';
import type { Principal } from '@selfsame/http/authentication';
import { type Audience, type AudienceWanted, findAudience } from '../audience.ts';
import { findValidConsent, type ValidConsent } from '../consents/consents.ts';
import type { Context } from '../context.ts';
import { isRefusal, type Refusal, refuseDetail, refuseField } from '../domain/refusal.ts';
import type { Scope } from '../domain/scope.ts';
import { expiryOf, type SessionKind } from '../domain/share.ts';
import { newContentKey, sealSnapshot } from '../domain/snapshot.ts';
import { sealContentKey, signToken } from '../domain/token.ts';
import { exportSession } from '../exported-session.ts';
import { insertShare, type ListedShare } from '../outbound/share-store.ts';
import type { Tables } from '../outbound/tables.ts';
import { appendRecord, recordOf } from '../records/records.ts';
import { audienceKeyFor } from './audience-keys.ts';
import { shareSettings } from './settings.ts';

/** What an application wants to share, and with whom. */
export interface ShareWanted {
  readonly sessionId: string;
  readonly sessionKind: SessionKind;
  readonly audience: AudienceWanted;
  readonly purpose: string;
  readonly scope: Scope;
  readonly ttlSeconds: number;
  /** By this consent and no other. */
  readonly consentId: string | undefined;
  readonly wantsReceipt: boolean;
}

/** A share with what exists nowhere else: its token. */
export interface CreatedShare {
  readonly share: ListedShare;
  readonly token: string;
  /** Signed, for whoever wants to check it without asking. */
  readonly receipt: string | undefined;
}

/** The type of a receipt, in the header of its signature. */
const receiptType = 'selfsame-share-receipt+jwt';

/**
 * Shares a finished session with one application, for one purpose and for a short time. What of the session leaves it is sealed
 * into the row under a key that goes out inside the token, itself sealed for the audience: neither opens anything alone.
 */
export async function createShare(
  context: Context,
  principal: Principal,
  wanted: ShareWanted,
): Promise<CreatedShare | Refusal> {
  const { applicationId } = principal;
  const { sessionId, scope } = wanted;
  const [session, audience] = await Promise.all([
    exportSession(context, { applicationId, sessionId, scope }),
    findAudience(context, principal, wanted.audience),
  ]);
  if (isRefusal(session)) return session;
  if (isRefusal(audience)) return audience;

  const { database, keyring } = context;
  const contentKey = newContentKey();
  const audienceKey = await audienceKeyFor(database.db, keyring, audience.applicationId);
  const sealed = await sealContentKey(contentKey, audienceKey);
  const row = newRow({ principal, wanted, session, audience, keyId: audienceKey.keyId, contentKey });
  contentKey.fill(0);
  const stored = await database.transaction((tx) => storeShare(context, tx, row, wanted));
  if (isRefusal(stored)) return stored;

  const { share, consent } = stored;
  return {
    share,
    token: await signToken({ ...claimsOf(share), sealed }, context.tokenKey),
    receipt: wanted.wantsReceipt
      ? await context.signing.sign(receiptType, receiptOf(context, principal, share, session, consent))
      : undefined,
  };
}

function newRow(parts: {
  principal: Principal;
  wanted: ShareWanted;
  session: ExportSessionResponse;
  audience: Audience;
  keyId: string;
  contentKey: Buffer;
}): Omit<ListedShare, 'expires_at' | 'consent_id'> & { snapshot: Buffer } {
  const { principal, wanted, session, audience, keyId, contentKey } = parts;
  const { purpose, scope } = wanted;
  const owner = {
    shareId: randomUUIDv7(),
    fromApplicationId: principal.applicationId,
    forApplicationId: audience.applicationId,
    purpose,
  };
  return {
    share_id: owner.shareId,
    from_application_id: owner.fromApplicationId,
    for_application_id: owner.forApplicationId,
    audience: audience.called,
    audience_name: audience.name,
    session_id: wanted.sessionId,
    session_sequence: Number(session.sequence),
    session_kind: wanted.sessionKind,
    purpose,
    scope,
    user_pid: session.userPid,
    audience_key_id: keyId,
    snapshot: sealSnapshot(session.snapshotJson, contentKey, owner),
    created_at: new Date(),
    revoked_at: null,
    revoked_because: null,
    imported_at: null,
  };
}

/** The consent is held while the share is written: who withdraws it finds the share, or the share finds it withdrawn. */
async function storeShare(
  context: Context,
  tx: Transaction<Tables>,
  row: ReturnType<typeof newRow>,
  wanted: ShareWanted,
): Promise<{ share: ListedShare; consent: ValidConsent | undefined } | Refusal> {
  const consent = await findValidConsent(tx, {
    applicationId: row.from_application_id,
    sessionId: row.session_id,
    audienceId: row.for_application_id,
    purpose: row.purpose,
    scope: row.scope,
    consentId: wanted.consentId,
  });
  if (!consent && wanted.consentId !== undefined) {
    const text = 'There is no given consent of this id for this session, audience, purpose and scope.';
    return refuseField('consent_id', text);
  }
  if (!consent && (await shareSettings(tx, row.from_application_id)).requiresConsent) {
    return refuseDetail(
      400,
      'The user has not agreed to this: ask for their consent to this audience, purpose and scope first.',
    );
  }
  const { snapshot, ...listed } = row;
  const share: ListedShare = {
    ...listed,
    consent_id: consent?.id ?? null,
    expires_at: expiryOf(row.created_at, wanted.ttlSeconds, consent?.validUntil ?? null),
  };
  await insertShare(tx, { ...share, snapshot });
  await appendRecord(context, tx, {
    ...recordOf(share),
    kind: 'share_created',
    note: consent ? null : 'consent_not_required',
  });
  return { share, consent };
}

function claimsOf(share: ListedShare) {
  return {
    session_id: share.session_id,
    session_kind: share.session_kind,
    from_application_id: share.from_application_id,
    for_application_id: share.for_application_id,
    audience: share.audience,
    purpose: share.purpose,
    scope: share.scope,
    jti: share.share_id,
    iat: Math.floor(share.created_at.getTime() / 1_000),
    exp: share.expires_at.getTime() / 1_000,
  };
}

/** That this was shared, and of what session: not what the session found. */
function receiptOf(
  { config }: Context,
  principal: Principal,
  share: ListedShare,
  session: ExportSessionResponse,
  consent: ValidConsent | undefined,
) {
  // Not `exp`: the share ends, the receipt stays true.
  const { exp: _, ...facts } = claimsOf(share);
  return {
    iss: config.publicBaseUrl,
    ...facts,
    expires_at: share.expires_at.toISOString(),
    from_application_name: principal.name,
    for_application_name: share.audience_name,
    session_status: session.status,
    decided_at: session.decidedAt?.toISOString() ?? null,
    consent_id: consent?.id ?? null,
    consented_at: consent?.givenAt.toISOString() ?? null,
    snapshot_sha256: createHash('sha256').update(session.snapshotJson).digest('hex'),
  };
}
