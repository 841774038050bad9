import type { ExportSessionResponse, ImportSessionResponse } from '@selfsame/contracts/session/v1/service';
import type { Transaction } from '@selfsame/database/database';
import { Failure } from '@selfsame/runtime/errors';
import type { ValidConsent } from '../consents/consents.ts';
import type { Context } from '../context.ts';
import { type ImportRefusal, isRefusal, notFound, type Refusal, refuseDetail } from '../domain/refusal.ts';
import { exportSession } from '../exported-session.ts';
import { finishImport, type ImportRow, releaseImport } from '../outbound/import-store.ts';
import { markImported, type ShareRow } from '../outbound/share-store.ts';
import type { Tables } from '../outbound/tables.ts';
import { appendRecords, recordOf } from '../records/records.ts';
import { tellRevoked } from '../shares/revocation.ts';

/** What was obtained. */
export interface Imported {
  /** JSON text of the new session's public decision. */
  readonly decisionJson: string;
}

/** An import whose place is taken, with all that it is made of: held by `tx`, the consent and the share as well. */
export interface HeldImport {
  readonly tx: Transaction<Tables>;
  readonly row: ImportRow;
  readonly share: ShareRow;
  readonly consent: ValidConsent | undefined;
  /** undefined without the token: what session says now is the same, or it has changed. */
  readonly snapshot: Buffer | undefined;
}

/** Nothing is granted for longer than a consent lasts, nor kept for a subject that never comes. */
const grantDays = 90;
const dayMs = 86_400_000;

/**
 * Makes the new session, lets its looks (this session's alone) be compared with what the sharer has enrolled, and writes down
 * that it is done. Every step may be repeated. What is refused for good gives the place back; a neighbour that is away leaves it taken.
 *
 * @throws Failure of a neighbour that does not answer
 */
export async function carryOut(
  context: Context,
  held: HeldImport,
): Promise<Imported | ImportRefusal | Refusal> {
  const { share } = held;
  const original = await exportSession(context, {
    applicationId: share.from_application_id,
    sessionId: share.session_id,
    scope: share.scope,
  });
  if (isRefusal(original)) {
    return await giveUp(context, held, original === notFound ? 'session_gone' : 'session_changed');
  }
  if (Number(original.sequence) !== share.session_sequence) {
    return await giveUp(context, held, 'session_changed');
  }
  const vendorData = await vendorDataOf(context, held.row, share);
  const made = await makeSession(context, held, original, vendorData);
  if (typeof made === 'string' || isRefusal(made)) {
    await releaseImport(held.tx, held.row);
    return made;
  }
  const granted = await grantReference(context, held, original, vendorData);
  await finish(context, held, { granted, userPid: made.userPid || null });
  return { decisionJson: made.decisionJson };
}

/**
 * Gives the place back, unless an earlier try has made the session and did not live to say so: then it is done. That try may have
 * been granted a comparison as well: nothing is compared by what does not hold any more.
 */
export async function giveUp(
  context: Context,
  held: Pick<HeldImport, 'tx' | 'row'> & { readonly share: ShareRow | undefined },
  because: ImportRefusal,
): Promise<ImportRefusal> {
  const { tx, row, share } = held;
  if (!(await wasMade(context, row))) {
    await releaseImport(tx, row);
    return because;
  }
  if (share) {
    await tellRevoked(context, tx, share);
    await finish(context, { tx, row, share }, { granted: false, userPid: null });
  } else await finishImport(tx, row.import_id, false);
  return 'already_imported';
}

async function wasMade({ session }: Context, row: ImportRow): Promise<boolean> {
  try {
    await session.describeSession({ applicationId: row.to_application_id, sessionId: row.import_id });
    return true;
  } catch (error) {
    if (error instanceof Failure && error.kind === 'not_found') return false;
    throw error;
  }
}

async function makeSession(
  { session }: Context,
  { row, share, consent, snapshot }: HeldImport,
  original: ExportSessionResponse,
  vendorData: string,
): Promise<ImportSessionResponse | ImportRefusal | Refusal> {
  try {
    return await session.importSession({
      importId: row.import_id,
      applicationId: row.to_application_id,
      workflowRef: row.workflow_ref,
      vendorData,
      trustReview: row.trust_review,
      snapshotJson: snapshot ?? original.snapshotJson,
      sharedFrom: {
        shareId: share.share_id,
        applicationId: share.from_application_id,
        applicationName: original.applicationName,
        sessionId: share.session_id,
        status: original.status,
        purpose: share.purpose,
        scope: share.scope,
        consentedAt: consent?.givenAt,
        sharedAt: share.created_at,
      },
    });
  } catch (error) {
    const refusal = error instanceof Failure && refusalOf(error);
    if (refusal) return refusal;
    throw error;
  }
}

function refusalOf({ code, kind, message }: Failure): ImportRefusal | Refusal | undefined {
  if (code === 'workflow_not_found') return 'workflow_unknown';
  // It was made by an earlier try, and its application has deleted it since.
  if (code === 'import_deleted') return 'already_imported';
  return ['invalid', 'precondition'].includes(kind) ? refuseDetail(400, message) : undefined;
}

/** @returns whether there is anything that the subject's first look will be compared with */
async function grantReference(
  { biometrics }: Context,
  { row, share, consent }: HeldImport,
  original: ExportSessionResponse,
  vendorData: string,
): Promise<boolean> {
  // Who was not approved has proved nothing that a look could rest on.
  if (original.status !== 'Approved' || original.vendorData === '' || vendorData === '') return false;
  const latest = Date.now() + grantDays * dayMs;
  const { granted } = await biometrics.grantReference({
    grantId: row.import_id,
    from: { applicationId: share.from_application_id, vendorData: original.vendorData },
    to: { applicationId: row.to_application_id, vendorData },
    shareId: share.share_id,
    expiresAt: new Date(Math.min(latest, consent?.validUntil.getTime() ?? latest)),
    // Somebody at the importing application looks first.
    held: !row.trust_review,
  });
  return granted;
}

/** Both applications have it in their records. */
async function finish(
  context: Context,
  { tx, row, share }: Pick<HeldImport, 'tx' | 'row' | 'share'>,
  { granted, userPid }: { readonly granted: boolean; readonly userPid: string | null },
): Promise<void> {
  await finishImport(tx, row.import_id, granted);
  await markImported(tx, share.share_id);
  const entry = {
    ...recordOf(share),
    kind: 'share_imported' as const,
    importStatus: 'imported',
    note: row.trust_review ? 'review_trusted' : 'review_not_trusted',
  };
  await appendRecords(context, tx, [entry, { ...entry, applicationId: row.to_application_id, userPid }]);
}

/** What the importing application calls the subject, until it is done. */
async function vendorDataOf({ keyring }: Context, row: ImportRow, share: ShareRow): Promise<string> {
  if (!row.vendor_data) return '';
  return (await keyring.open(row.vendor_data, vendorDataOwner(share))).toString();
}

/** The owner of a sealed vendor_data: not the import's id, since a place that is taken again keeps the id that it had. */
export const vendorDataOwner = (share: Pick<ShareRow, 'for_application_id' | 'session_id'>): string[] => [
  share.for_application_id,
  'import',
  share.session_id,
];
