import { type StoryEntry, type StoryOf, traceIdOf } from '@selfsame/bus/story';
import type { Kysely } from 'kysely';
import {
  findForgotten,
  listToldDeliveries,
  listToldTries,
  type ToldDelivery,
  type ToldTry,
} from './outbound/story-store.ts';
import type { Tables } from './outbound/tables.ts';

const service = 'webhook-dispatcher';
/** A delivery that is due is begun within a second or two. */
const dueMaxMs = 30_000;

/**
 * What this service knows of a session, in no order: each delivery and each try, by the receiver's host alone. Never what was
 * sent, signed or answered. For operators: see `readStory` of session.
 */
export async function readStory(
  db: Kysely<Tables>,
  { sessionId }: StoryOf,
  now = new Date(),
): Promise<StoryEntry[]> {
  const [deliveries, forgottenAt] = await Promise.all([
    listToldDeliveries(db, sessionId),
    findForgotten(db, sessionId),
  ]);
  const ids = deliveries.map(({ id }) => id);
  const tries = ids.length === 0 ? [] : await listToldTries(db, ids);
  const byDelivery = Map.groupBy(tries, ({ delivery_id }) => delivery_id);
  const entries = deliveries.flatMap((delivery) => told(delivery, byDelivery.get(delivery.id) ?? [], now));
  if (forgottenAt === null) return entries;
  const text = 'what was sent about the session is forgotten; the log of tries stays for a while';
  return [...entries, { at: forgottenAt, service, kind: 'forgotten', text, facts: {} }];
}

function told(delivery: ToldDelivery, tries: readonly ToldTry[], now: Date): StoryEntry[] {
  const where = `${delivery.is_callback ? 'callback' : `"${delivery.label ?? delivery.destination_id}"`} at ${hostOf(delivery)}`;
  const { id, event_id, webhook_type, session_status, sequence, state, due_at } = delivery;
  const traceId = traceIdOf(delivery.traceparent);
  const trace = traceId === undefined ? {} : { traceId };
  const problem = problemOf(delivery, tries, now);
  const entry: StoryEntry = {
    at: delivery.created_at,
    service,
    kind: 'delivery',
    text: `${webhook_type} ${session_status} for ${where}: ${state}`,
    facts: {
      delivery_id: id,
      event_id,
      destination_id: delivery.destination_id,
      label: delivery.label,
      host: hostOf(delivery),
      webhook_type,
      session_status,
      session_sequence: sequence,
      state,
      attempts: delivery.attempts,
      next_try_at: state === 'pending' || state === 'waiting' ? due_at : null,
      circuit: delivery.circuit,
    },
    ...trace,
    ...(problem === undefined ? {} : { problem }),
  };
  return [entry, ...tries.map((one) => tryEntry(delivery, where, one, trace))];
}

function tryEntry(
  delivery: ToldDelivery,
  where: string,
  one: ToldTry,
  trace: Pick<StoryEntry, 'traceId'> | object,
): StoryEntry {
  const { cause, number, response_status: status, response_time_ms: ms, error, created_at: at } = one;
  const what = number === null ? cause : `try ${number}`;
  const answer = status === null ? `no answer (${error ?? 'unknown'})` : `${status}`;
  const time = ms === null ? '' : ` in ${ms} ms`;
  return {
    at,
    service,
    kind: 'delivery_try',
    text: `${what} to ${where}: ${answer}${time}`,
    facts: {
      attempt_id: one.id,
      delivery_id: delivery.id,
      event_id: delivery.event_id,
      cause,
      number,
      host: hostOf(delivery),
      response_status: status,
      response_time_ms: ms,
      error,
      delivered: status !== null && status >= 200 && status < 300,
    },
    ...trace,
  };
}

function problemOf(delivery: ToldDelivery, tries: readonly ToldTry[], now: Date): string | undefined {
  const { state, due_at: dueAt, circuit, circuit_until: until, disabled_reason: reason } = delivery;
  const last = tries.at(-1);
  const answer = last === undefined ? '' : `, last answer ${last.response_status ?? last.error ?? 'none'}`;
  const open = circuit === 'open' ? `; the receiver is left alone until ${until?.toISOString()}` : '';
  switch (state) {
    case 'pending':
      if (tries.length > 0)
        return `not delivered after ${tries.length} ${tries.length === 1 ? 'try' : 'tries'}${answer}; next try ${dueAt.toISOString()}${open}`;
      return now.getTime() - dueAt.getTime() > dueMaxMs
        ? `due since ${dueAt.toISOString()} and not begun: webhook-dispatcher is down or behind${open}`
        : undefined;
    case 'waiting':
      return `waits for an earlier event of the session, since its destination is ordered; looked at again ${dueAt.toISOString()}`;
    case 'held':
      return `held: its destination is switched off (${reason ?? 'unknown'}); switch it on again when it is mended`;
    case 'failed':
      return `given up after ${delivery.attempts} tries${answer}; POST /v3/session/{id}/webhook/{attempt_id}/resend sends it once more`;
    default:
      return undefined;
  }
}

/** Erased with the session where it is the session's own. */
function hostOf({ url }: ToldDelivery): string {
  return URL.parse(url ?? '')?.host || 'a host that is not known any more';
}
