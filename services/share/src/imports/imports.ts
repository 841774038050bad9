import { randomUUID } from 'node:crypto';
import type { Transaction } from '@selfsame/database/database';
import type { Principal } from '@selfsame/http/authentication';
import type { Context } from '../context.ts';
import { keyed } from '../domain/keyed.ts';
import {
  type ImportRefusal,
  importRefusals,
  invalidToken,
  isRefusal,
  type Refusal,
} from '../domain/refusal.ts';
import { openSnapshot } from '../domain/snapshot.ts';
import { openContentKey, readToken, type ShareClaims } from '../domain/token.ts';
import { countShare } from '../metrics.ts';
import {
  findReserved,
  isImported,
  type Reservation,
  releaseImport,
  reserveImport,
  takePending,
  takeReleased,
} from '../outbound/import-store.ts';
import { findShareOfToken, isRefusalNoted, noteRefusal, type ShareRow } from '../outbound/share-store.ts';
import type { Tables } from '../outbound/tables.ts';
import { appendRecord, recordOf } from '../records/records.ts';
import { openAudienceKey } from '../shares/audience-keys.ts';
import { holdConsent, holdOpenShare } from '../shares/holding.ts';
import { carryOut, giveUp, type Imported, vendorDataOwner } from './saga.ts';

/** What an application wants of a token. */
export interface ImportWanted {
  readonly token: string;
  readonly workflowRef: string;
  /** Empty when the application names nobody. */
  readonly vendorData: string;
  readonly trustReview: boolean;
  /** What it obtains it for, if it says so. */
  readonly purpose: string | undefined;
}

/** A share by which something may be obtained, and the place that was taken for it. */
interface Entered {
  readonly share: ShareRow;
  readonly importId: string;
}

/**
 * Obtains what was shared: once for each session and application. The place is taken first, in a transaction of its own; then the
 * new session is made under the id that was taken. Whatever fails or dies on the way, the same request goes on with it, and so
 * does the sweeper.
 *
 * @throws Failure when a neighbour does not answer, or too many import at once: to be asked again
 */
export async function importShared(
  context: Context,
  principal: Principal,
  wanted: ImportWanted,
): Promise<Imported | Refusal> {
  const claims = await readToken(wanted.token, context.tokenKey);
  if (!claims) return invalidToken;
  return await context.importTurns.take(async () => {
    const entered = await enter(context, principal, claims, wanted);
    const result =
      typeof entered === 'string' || isRefusal(entered) ? entered : await obtain(context, claims, entered);
    return typeof result === 'string' ? await refuse(context, principal, claims.jti, result) : result;
  });
}

/** Whether this token may obtain anything here and now, and if so, the place for it. */
async function enter(
  context: Context,
  principal: Principal,
  claims: ShareClaims,
  wanted: ImportWanted,
): Promise<Entered | ImportRefusal | Refusal> {
  if (claims.for_application_id !== principal.applicationId) return 'wrong_audience';
  if (wanted.purpose !== undefined && wanted.purpose !== claims.purpose) return 'wrong_purpose';
  if (claims.exp * 1_000 <= Date.now()) return 'expired';
  // Most who come too late are told so by one question.
  if (await isImported(context.database.db, claims)) return 'already_imported';
  try {
    return await context.database.transaction((tx) => takeInOrder(context, tx, claims, wanted));
  } catch (error) {
    if (error instanceof PlaceGivenBack) return error.because;
    throw error;
  }
}

/**
 * The consent, then the place, then the share: in this order everywhere, so that nobody meets crosswise. A place that was taken
 * for nothing goes with its transaction.
 * @throws PlaceGivenBack
 */
async function takeInOrder(
  context: Context,
  tx: Transaction<Tables>,
  claims: ShareClaims,
  wanted: ImportWanted,
): Promise<Entered | ImportRefusal | Refusal> {
  const found = await findShareOfToken(tx, claims.jti);
  if (!found) return 'session_gone';
  if (!isOf(claims, found)) return invalidToken;
  const consent = await holdConsent(tx, found);
  const importId = await takePlace(tx, reservationOf(context, found, wanted));
  if (importId === undefined) return 'already_imported';
  const held = await holdOpenShare(tx, found, consent);
  if (typeof held === 'string') throw new PlaceGivenBack(held);
  if (held.share.expires_at.getTime() <= Date.now()) throw new PlaceGivenBack('expired');
  return { share: held.share, importId };
}

/** Nothing may be obtained after all: what the transaction has written goes. */
class PlaceGivenBack extends Error {
  readonly because: ImportRefusal;

  constructor(because: ImportRefusal) {
    super('the place of an import was given back');
    this.because = because;
  }
}

/** A token and the row of its share say the same, unless one of them comes from somewhere else. */
function isOf(claims: ShareClaims, share: ShareRow): boolean {
  return (
    share.session_id === claims.session_id &&
    share.from_application_id === claims.from_application_id &&
    share.for_application_id === claims.for_application_id &&
    share.purpose === claims.purpose &&
    share.scope === claims.scope
  );
}

/** A place that is free, was given back, or was taken by the very same request. */
async function takePlace(tx: Transaction<Tables>, place: Reservation): Promise<string | undefined> {
  const reserved = await reserveImport(tx, place);
  if (reserved !== undefined) return reserved;
  const holder = await findReserved(tx, place);
  if (holder?.status === 'released') return await takeReleased(tx, place);
  return holder?.status === 'pending' && holder.request.equals(place.request) ? holder.import_id : undefined;
}

function reservationOf({ keyring }: Context, share: ShareRow, wanted: ImportWanted): Reservation {
  const { workflowRef, vendorData, trustReview } = wanted;
  const request = JSON.stringify([share.share_id, workflowRef, vendorData, trustReview]);
  return {
    import_id: randomUUID(),
    share_id: share.share_id,
    from_session_id: share.session_id,
    from_application_id: share.from_application_id,
    to_application_id: share.for_application_id,
    purpose: share.purpose,
    scope: share.scope,
    workflow_ref: workflowRef,
    trust_review: trustReview,
    vendor_data: vendorData === '' ? null : keyring.seal(Buffer.from(vendorData), vendorDataOwner(share)),
    request: keyed(keyring.root, 'import request', request),
  };
}

/**
 * Whoever holds the place goes on; everybody else comes too late. What it rests on is looked at once more and held until it is
 * done: who withdraws or revokes comes before, and nothing is handed over, or waits, and finds it imported.
 */
async function obtain(
  context: Context,
  claims: ShareClaims,
  { share, importId }: Entered,
): Promise<Imported | ImportRefusal | Refusal> {
  const snapshot = await unseal(context, claims, share);
  return await context.database.transaction(async (tx) => {
    const consent = await holdConsent(tx, share);
    const row = await takePending(tx, importId);
    if (!row) return 'already_imported';
    const open = await holdOpenShare(tx, share, consent);
    if (typeof open === 'string') return await giveUp(context, { tx, row, share }, open);
    if (snapshot) return await carryOut(context, { tx, row, ...open, snapshot });
    await releaseImport(tx, row);
    return invalidToken;
  });
}

/** What is sealed in a share's row, by its token: undefined when the two do not fit. */
async function unseal(context: Context, claims: ShareClaims, share: ShareRow): Promise<Buffer | undefined> {
  const { database, keyring } = context;
  const { audience_key_id: keyId, for_application_id: applicationId } = share;
  const privateKey = await openAudienceKey(database.db, keyring, applicationId, keyId);
  const contentKey = privateKey && (await openContentKey(claims.sealed, { keyId, privateKey }));
  if (!contentKey || !share.snapshot) return undefined;
  return openSnapshot(share.snapshot, contentKey, {
    shareId: share.share_id,
    fromApplicationId: share.from_application_id,
    forApplicationId: applicationId,
    purpose: share.purpose,
  });
}

/** A refusal is on record once for each share, application and reason: as that of who has tried, whoever the token was for. */
async function refuse(
  context: Context,
  principal: Principal,
  shareId: string,
  reason: ImportRefusal,
): Promise<Refusal> {
  countShare('refused');
  const refusal = { shareId, applicationId: principal.applicationId, reason };
  const { database } = context;
  if (await isRefusalNoted(database.db, refusal)) return importRefusals[reason];
  await database.transaction(async (tx) => {
    const share = await findShareOfToken(tx, shareId);
    if (!share || !(await noteRefusal(tx, refusal))) return;
    const { applicationId, slug, name } = principal;
    const tried = { ...share, for_application_id: applicationId, audience: slug, audience_name: name };
    await appendRecord(context, tx, {
      ...recordOf(tried),
      kind: 'import_refused',
      importStatus: 'refused',
      note: reason,
    });
  });
  return importRefusals[reason];
}
