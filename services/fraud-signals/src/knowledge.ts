import type { SessionStatusChanged } from '@selfsame/contracts/session/v1/events';
import { Failure } from '@selfsame/runtime/errors';
import type { Context } from './context.ts';
import { readName } from './identity.ts';
import { subjectHash } from './marks.ts';
import {
  forgetKnown,
  forgetKnownOfSession,
  forgetTaught,
  type KnownRow,
  listKnown,
  putKnownDevice,
  putKnownNetwork,
} from './outbound/known-store.ts';
import { countInHour, findLook, lockVisit, noteLiveness, updateStanding } from './outbound/standing-store.ts';
import type { Queries } from './outbound/tables.ts';

type Hashing = Pick<Context, 'hash'>;

const dayMs = 86_400_000;
/** A look is written down after it was answered, perhaps by another replica: an event that comes sooner comes again. */
const lookPatienceMs = 5_000;
/** What an operator says of a session that was approved before: nothing that it taught is trusted any more. */
const doubts = new Set(['Declined', 'In Review', 'Resubmitted']);

/**
 * Follows a session's status. An approval that follows from a look which is on record makes known what was on record of that
 * look: the device that proved its key with it, the address, and the device that the application had named, if it saw its user
 * where the look came from. Approved by hand or without a look teaches nothing; doubt after an approval forgets what the session
 * taught. Events may come in any order, and before the first visit is written down; late ones change nothing.
 *
 * @throws Failure `look_not_on_record` for some seconds, when the look may still be on its way
 */
export async function learn({ hash }: Hashing, tx: Queries, message: SessionStatusChanged): Promise<void> {
  // A standalone call visits no page.
  if (message.workflowId === '') return;
  const { applicationId, vendorData, attemptId, status, occurredAt: at = new Date() } = message;
  const subject = vendorData === '' ? null : subjectHash(hash, applicationId, vendorData);
  const standing = await lockVisit(tx, message, { subject, at });
  const sequence = Number(message.sequence);
  if (standing.erased_at !== null || sequence <= standing.status_sequence) return;

  const look = attemptId === '' ? undefined : await findLook(tx, message, attemptId);
  if (attemptId !== '' && look === undefined && Date.now() - at.getTime() < lookPatienceMs) {
    throw new Failure('unavailable', 'look_not_on_record', 'the look is not on record yet', {
      retryable: true,
    });
  }
  const isApproved = status === 'Approved' && (look !== undefined || standing.is_approved);
  const isDecided = status === 'Approved' || status === 'Declined';
  const seen = attemptId === '' ? null : livenessOf(message.decisionJson);
  await updateStanding(tx, message, {
    status,
    status_sequence: sequence,
    is_approved: isApproved,
    enrols: message.enrols,
    ...(isDecided ? { decided_at: at } : {}),
    ...(seen === null ? {} : { method: seen.method }),
  });
  if (seen !== null) await noteLiveness(tx, message, attemptId, seen.failed);
  if (isDecided && standing.decided_at === null) {
    await countInHour(tx, applicationId, status === 'Approved' ? 'approved' : 'declined', at);
  }
  if (doubts.has(status)) await forgetTaught(tx, message);
  if (status === 'Approved' && look !== undefined) await teach(tx, look, at);
}

type Look = NonNullable<Awaited<ReturnType<typeof findLook>>>;

async function teach(tx: Queries, look: Look, at: Date): Promise<void> {
  const { application_id, session_id, subject, network } = look;
  if (subject === null) return;
  const known = { application_id, subject, session_id, first_approved_at: at, last_approved_at: at };
  const devices = [
    { device_name: look.device_name, device: look.device, source: 'browser' },
    { device_name: namedDevice(look), device: null, source: 'application' },
  ] as const;
  for (const { device_name, device, source } of devices) {
    if (device_name !== null) await putKnownDevice(tx, { ...known, device_name, device, source });
  }
  if (network !== null) await putKnownNetwork(tx, { ...known, network, source: 'browser' });
}

/**
 * The device that the application named, if whoever asked it to log in was where the look came from. Somebody else may have
 * asked, in the name of the person who was looked at: then device and address are theirs.
 */
function namedDevice({ network, application_network, application_device }: Look): Buffer | null {
  const isThere = network !== null && application_network?.equals(network);
  return isThere ? application_device : null;
}

/** How the decision's last look for a living person went; null: it has none. */
function livenessOf(decisionJson: string): { method: string | null; failed: boolean } | null {
  if (decisionJson === '') return null;
  const { liveness_checks: checks } = JSON.parse(decisionJson) as { liveness_checks?: unknown };
  const last = Array.isArray(checks) ? checks.at(-1) : undefined;
  if (typeof last !== 'object' || last === null) return null;
  const { method, status } = last as { method?: unknown; status?: unknown };
  return { method: typeof method === 'string' ? method : null, failed: status === 'Declined' };
}

/** Which of a subject's devices and networks are to be forgotten. */
export interface Forgotten {
  readonly applicationId: string;
  readonly vendorData: string;
  /** Name of one; empty: those that the session came from, or all without one. */
  readonly fingerprint: string;
  readonly sessionId: string;
}

/**
 * Devices and networks are not known as a subject's any more.
 * @returns how many were; 0 also for a name that is none
 */
export async function forgetDevices(
  { hash, database }: Pick<Context, 'hash' | 'database'>,
  { applicationId, vendorData, fingerprint, sessionId }: Forgotten,
): Promise<number> {
  if (vendorData === '') return 0;
  const subject = subjectHash(hash, applicationId, vendorData);
  const key = { applicationId, subject };
  if (fingerprint !== '') {
    const name = readKnownName(fingerprint);
    return name === null ? 0 : forgetKnown(database.db, key, name);
  }
  if (sessionId !== '') return forgetKnownOfSession(database.db, { ...key, sessionId });
  return forgetKnown(database.db, key, null);
}

const prefixes = { network: 'selfsame-net-', application: 'selfsame-app-', browser: 'selfsame-fp-' };

/** What a device or a network is called in answers. Networks are no devices, and what an application names is no fingerprint. */
export function spellKnownName({ type, source, name }: Pick<KnownRow, 'type' | 'source' | 'name'>): string {
  return prefixes[type === 'network' ? 'network' : source] + name.toString('hex');
}

function readKnownName(text: string): Buffer | null {
  const prefix = Object.values(prefixes).find((each) => text.startsWith(each)) ?? '';
  return readName(text.slice(prefix.length));
}

/** A page of what is known of a subject, approved last first. */
export async function knownOf(
  { hash, database, config }: Pick<Context, 'hash' | 'database' | 'config'>,
  subject: { applicationId: string; vendorData: string },
  page: { limit: number; offset: number },
  now: Date = new Date(),
): Promise<{ count: number; rows: (KnownRow & { expires_at: Date })[] }> {
  const { applicationId, vendorData } = subject;
  const lifetimeMs = config.knownDays * dayMs;
  const { count, rows } = await listKnown(
    database.db,
    { applicationId, subject: subjectHash(hash, applicationId, vendorData) },
    new Date(now.getTime() - lifetimeMs),
    page,
  );
  const expires = ({ last_approved_at }: KnownRow) => new Date(last_approved_at.getTime() + lifetimeMs);
  return { count, rows: rows.map((row) => ({ ...row, expires_at: expires(row) })) };
}
