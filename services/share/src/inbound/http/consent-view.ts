import { IsoTime, Nullable } from '@selfsame/http/schemas';
import Type, { type Static } from 'typebox';
import { consentStatus } from '../../consents/consents.ts';
import { type Evidence, openDetails } from '../../consents/details.ts';
import type { Context } from '../../context.ts';
import { evidenceKinds } from '../../domain/consent.ts';
import { findConsentRecords } from '../../outbound/consent-record-store.ts';
import type { ConsentRow } from '../../outbound/consent-store.ts';

const EvidenceBody = Type.Object(
  {
    kind: Type.Enum([...evidenceKinds]),
    device_public_key: Type.Optional(Type.String({ description: 'Raw P-256 point, base64url' })),
    device_key_sha256: Type.Optional(Type.String({ description: 'Hex' })),
    device_signature: Type.Optional(Type.String({ description: 'IEEE P1363 over signed_text, base64url' })),
    signed_text: Type.Optional(Type.String()),
    network_sha256: Type.Optional(Type.String({ description: 'Hex' })),
    shown_ms: Type.Optional(Type.Integer({ description: 'How long the text was before their eyes' })),
    captured: Type.Optional(Type.Record(Type.String(), Type.String())),
  },
  {
    description:
      'selfie_device: signed by the browser that took a selfie of this session; device_signature: by some browser; declared_by_application: your word',
  },
);

/** A consent as its application sees it. */
export const Consent = Type.Object({
  consent_id: Type.String(),
  session_id: Type.String(),
  status: Type.Enum(['asked', 'given', 'refused', 'withdrawn', 'expired'], {
    description: 'expired: time is over, to answer or of what was agreed to; or the session was deleted',
  }),
  for_application_id: Type.String(),
  audience: Type.String({ description: 'The partner, as you have called it' }),
  audience_name: Type.String({ description: 'Its name, as the user read it' }),
  purpose: Type.String(),
  scope: Type.String(),
  user_pid: Type.String({ description: 'Pseudonym of the user, as in the record of shares' }),
  language: Nullable(
    Type.String({
      description: 'That it was answered in; until then, that you have asked for. null: that of the user',
    }),
  ),
  asked_at: IsoTime(),
  link_expires_at: Nullable(IsoTime('Until when the link can be answered; null where there is none')),
  valid_until: IsoTime('No share by this consent lives longer'),
  answered_at: Nullable(IsoTime()),
  withdrawn_at: Nullable(IsoTime()),
  evidence: Nullable(EvidenceBody),
  details: Nullable(
    Type.String({
      description: 'JSON text that the signed record holds the digest of: evidence and what was shown',
    }),
  ),
  record: Nullable(
    Type.String({ description: 'What was agreed to, as JWS with ES256: see /v3/share/jwks.json' }),
  ),
  withdrawal_record: Nullable(Type.String({ description: 'The same of the withdrawal' })),
});

/** @param rows of one application */
export async function toConsents(
  context: Context,
  rows: readonly ConsentRow[],
): Promise<Static<typeof Consent>[]> {
  const [first] = rows;
  if (first === undefined) return [];
  const ids = rows.map(({ id }) => id);
  const records = await findConsentRecords(context.database.db, first.application_id, ids);
  const now = new Date();
  return await Promise.all(
    rows.map(async (row) => {
      const details = row.details === null ? null : await openDetails(context, row, row.details);
      const evidence: Evidence | null = details === null ? null : JSON.parse(details).evidence;
      return {
        consent_id: row.id,
        session_id: row.session_id,
        status: consentStatus(row, now),
        for_application_id: row.audience_id,
        audience: row.audience,
        audience_name: row.audience_name,
        purpose: row.purpose,
        scope: row.scope,
        user_pid: row.user_pid,
        language: row.language || null,
        asked_at: row.asked_at.toISOString(),
        link_expires_at: row.token_sha256 === null ? null : row.answer_by.toISOString(),
        valid_until: row.valid_until.toISOString(),
        answered_at: row.answered_at?.toISOString() ?? null,
        withdrawn_at: row.withdrawn_at?.toISOString() ?? null,
        evidence: evidence && { ...evidence },
        details,
        record: records.get(row.id)?.given ?? null,
        withdrawal_record: records.get(row.id)?.withdrawn ?? null,
      };
    }),
  );
}
