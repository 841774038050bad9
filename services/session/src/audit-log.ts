import { randomUUIDv7 } from 'node:crypto';
import { isIP } from 'node:net';
import { ApiActor, type ApiCalled } from '@selfsame/contracts/audit/v1/events';
import type { CallWriter } from '@selfsame/http/audit';
import type { Context } from './context.ts';
import { type AuditRow, dropCallsBefore, insertCalls } from './outbound/audit-store.ts';
import type { Queries } from './outbound/tables.ts';

/** How long it is known who did what. */
const auditDays = 365;
const dayMs = 24 * 60 * 60 * 1000;
/** A period sweeps so many at most; the next one takes more. */
const sweptMax = 5_000;

/** Writes this service's own calls: no event is needed for them. */
export function writeCalls({ database }: Pick<Context, 'database'>): CallWriter {
  return (calls) =>
    insertCalls(
      database.db,
      calls.map((call) => rowOf(randomUUIDv7(), call)),
    );
}

/** Notes calls of other services. @param events each with the id of its event */
export async function noteCalls(
  db: Queries,
  events: readonly { readonly id: string; readonly message: ApiCalled }[],
): Promise<void> {
  await insertCalls(
    db,
    events.map(({ id, message }) => rowOf(id, message)),
  );
}

/** Removes what is over. @returns how many */
export function sweepCalls(db: Queries, now: Date): Promise<number> {
  return dropCallsBefore(db, new Date(now.getTime() - auditDays * dayMs), sweptMax);
}

function rowOf(id: string, call: ApiCalled): AuditRow {
  return {
    id,
    application_id: call.applicationId,
    occurred_at: call.occurredAt ?? new Date(),
    service: call.service,
    actor_type: call.actor === ApiActor.OPERATOR ? 'OPERATOR' : 'API_KEY',
    actor: call.actorId,
    method: call.method,
    path: call.path,
    status: call.status === 0 ? null : call.status,
    ip_address: isIP(call.ipAddress) === 0 ? null : call.ipAddress,
    request_id: call.requestId,
  };
}
