import { createHash } from 'node:crypto';
import type { Transaction } from '@selfsame/database/database';
import type { Context } from '../context.ts';
import type { EvidenceKind } from '../domain/consent.ts';
import type { RecordEntry } from '../domain/record.ts';
import { insertConsentRecord } from '../outbound/consent-record-store.ts';
import type { ConsentRow } from '../outbound/consent-store.ts';
import type { Tables } from '../outbound/tables.ts';
import { appendRecord } from '../records/records.ts';

type Core = Pick<
  ConsentRow,
  | 'id'
  | 'application_id'
  | 'application_name'
  | 'user_pid'
  | 'audience_id'
  | 'audience'
  | 'audience_name'
  | 'purpose'
  | 'scope'
  | 'asked_at'
  | 'valid_until'
>;

/** An answer that is about to be signed. */
export interface Given {
  readonly answeredAt: Date;
  readonly evidenceKind: EvidenceKind;
  readonly textVersion: string;
  readonly textSha256: Buffer;
  /** Empty: nobody has said. */
  readonly language: string;
  /** As they are sealed. */
  readonly details: string;
}

/**
 * What is signed of a consent: who agreed (by pseudonym), to what, in which words, when and on what evidence. It names nobody, so that
 * it can be kept when everything else about the person is gone.
 */
export function coreOfGiven({ config }: Pick<Context, 'config'>, row: Core, given: Given) {
  return {
    iss: config.publicBaseUrl,
    ...coreOf(row),
    application: row.application_name,
    audience: row.audience,
    audience_name: row.audience_name,
    purpose: row.purpose,
    scope: row.scope,
    text_version: given.textVersion,
    text_sha256: given.textSha256.toString('hex'),
    language: given.language || null,
    asked_at: row.asked_at.toISOString(),
    given_at: given.answeredAt.toISOString(),
    valid_until: row.valid_until.toISOString(),
    evidence: given.evidenceKind,
    details_sha256: createHash('sha256').update(given.details).digest('hex'),
  };
}

/** What is signed of a withdrawal. @param by whose act it was */
export function coreOfWithdrawal(
  { config }: Pick<Context, 'config'>,
  row: Core,
  { at, by }: { readonly at: Date; readonly by: 'person' | 'application' },
) {
  return { iss: config.publicBaseUrl, ...coreOf(row), withdrawn_at: at.toISOString(), by };
}

function coreOf(row: Core) {
  return {
    consent_id: row.id,
    application_id: row.application_id,
    audience_id: row.audience_id,
    user_pid: row.user_pid,
  };
}

/** Keeps the signed core of a consent that was just given, and writes it into the record: the end of that transaction. */
export async function storeGiven(
  context: Pick<Context, 'signing' | 'database'>,
  tx: Transaction<Tables>,
  row: ConsentRow,
  jws: string,
): Promise<void> {
  await insertConsentRecord(tx, {
    consent_id: row.id,
    kind: 'given',
    application_id: row.application_id,
    jws,
    kept_from: row.valid_until,
  });
  const note = row.evidence_kind;
  await appendRecord(context, tx, { ...entryOf(row, jws), kind: 'consent_given', note });
}

/** The same of one that was just withdrawn. */
export async function storeWithdrawn(
  context: Pick<Context, 'signing' | 'database'>,
  tx: Transaction<Tables>,
  row: ConsentRow,
  withdrawal: { readonly jws: string; readonly by: 'person' | 'application' },
): Promise<void> {
  await insertConsentRecord(tx, {
    consent_id: row.id,
    kind: 'withdrawn',
    application_id: row.application_id,
    jws: withdrawal.jws,
    kept_from: row.valid_until,
  });
  const entry = { ...entryOf(row, withdrawal.jws), kind: 'consent_withdrawn' as const };
  await appendRecord(context, tx, { ...entry, note: withdrawal.by });
}

function entryOf(row: ConsentRow, jws: string): Omit<RecordEntry, 'kind'> {
  return {
    applicationId: row.application_id,
    userPid: row.user_pid,
    fromApplicationId: row.application_id,
    audienceId: row.audience_id,
    audience: row.audience,
    audienceName: row.audience_name,
    purpose: row.purpose,
    scope: row.scope,
    shareId: null,
    consentId: row.id,
    expiresAt: row.valid_until,
    importStatus: null,
    note: null,
    documentSha256: createHash('sha256').update(jws).digest(),
  };
}
