import { SessionStatusChanged } from '@selfsame/contracts/session/v1/events';
import type { ApiAnswer, ApiClient } from '../harness/api-client.ts';
import type { RunningSystem } from '../harness/running-system.ts';
import type { TrueEvent } from './checker.ts';

const pageSize = 5_000;

/** Every change of status that the session service has committed, from its outbox. */
export async function readEvents(system: RunningSystem): Promise<TrueEvent[]> {
  const events: TrueEvent[] = [];
  for (let after = 0; ; ) {
    const rows = await system.query(
      `select position::float8 as position, id, payload from session.outbox
       where subject = 'selfsame.session.status_changed' and position > $1 order by position limit $2`,
      [after, pageSize],
    );
    for (const row of rows) {
      const message = SessionStatusChanged.decode(row.payload as Buffer);
      events.push({
        eventId: String(row.id),
        applicationId: message.applicationId,
        sessionId: message.sessionId,
        sequence: Number(message.sequence),
        status: message.status,
        occurredAtMs: message.occurredAt?.getTime() ?? Number.NaN,
      });
    }
    after = Number(rows.at(-1)?.position ?? after);
    if (rows.length < pageSize) return events;
  }
}

/** The status of every session of an application, as its list shows it. @param clients one for each key */
export async function readStatuses(clients: readonly ApiClient[]): Promise<Map<string, string>> {
  const statuses = new Map<string, string>();
  let path: string | undefined = '/v3/sessions/?limit=100';
  for (let turn = 0; path !== undefined; turn += 1) {
    const answer: ApiAnswer | undefined = await clients[turn % clients.length]?.get(path);
    if (answer?.status !== 200) throw new Error(`sessions cannot be listed: ${answer?.status}`);
    for (const session of answer.body.results) statuses.set(session.session_id, session.status);
    path = answer.body.next ? answer.body.next.replace(/^https?:\/\/[^/]+/, '') : undefined;
  }
  return statuses;
}

/** Events that consumers have given up on, all services together. */
export async function countDeadLetters(system: RunningSystem): Promise<number> {
  const [row] = await system.query(
    `select (select count(*) from session.dead_letters)
       + (select count(*) from biometrics.dead_letters)
       + (select count(*) from fraud_signals.dead_letters)
       + (select count(*) from webhook_dispatcher.dead_letters) as dead`,
  );
  return Number(row?.dead);
}

/** What the dispatcher thinks of deliveries that it has not made, `hangs: 2 waiting`: where to look when something is lost. */
export async function readUndelivered(system: RunningSystem): Promise<string[]> {
  const rows = await system.query(
    `select label, state, count(*) as count, max(attempts) as attempts
     from webhook_dispatcher.deliveries join webhook_dispatcher.destinations t on t.id = destination_id
     where state <> 'delivered' and t.deleted_at is null group by label, state order by label, state`,
  );
  return rows.map(
    ({ label, state, count, attempts }) => `${label}: ${count} ${state} after ${attempts} attempts`,
  );
}

/** @throws Error when Postgres would forget commits in a crash: then the run would prove nothing */
export async function requireDurability(system: RunningSystem): Promise<void> {
  for (const name of ['fsync', 'synchronous_commit', 'full_page_writes']) {
    const [row] = await system.query(`select current_setting($1) as value`, [name]);
    if (row?.value !== 'on') throw new Error(`Postgres runs with ${name} = ${row?.value}`);
  }
}
