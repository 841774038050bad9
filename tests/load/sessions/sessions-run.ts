import { fillSessions } from '@selfsame/session/test/many-sessions';
import { withStand } from '../whole-system/load-run.ts';
import type { Stand } from '../whole-system/step.ts';
import { type Asked, askAll } from './questions.ts';

/** The same questions before and after the table was filled. */
export interface SessionsReport {
  readonly sessions: number;
  readonly fillSeconds: number;
  readonly empty: readonly Asked[];
  readonly full: readonly Asked[];
  /** Sizes of the tables when full, bytes. */
  readonly sizes: readonly { readonly table: string; readonly bytes: number; readonly indexBytes: number }[];
}

/** Starts the system, asks, fills its tables, asks again and stops it, whatever happens. */
export async function runSessions(
  options: { sessions: number; rounds: number; people: number },
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<SessionsReport> {
  const { sessions, rounds, people } = options;
  return withStand({ people }, signal, say, async (stand) => {
    const [tenant] = stand.tenants;
    if (tenant === undefined) throw new Error('a stand has applications');
    const sessionId = await approvedSession(stand, tenant.applicationId);
    const asked = { tenant, people: stand.people, sessionId };
    say(`asking ${rounds} times, the tables are empty`);
    const empty = await askAll(stand.caller, { ...asked, deepOffset: 0 }, rounds, signal);
    say(`filling in ${sessions} sessions`);
    const startMs = performance.now();
    await fillSessions(stand.system.query, {
      count: sessions,
      modelId: sessionId,
      applicationIds: stand.tenants.map(({ applicationId }) => applicationId),
    });
    const fillSeconds = (performance.now() - startMs) / 1000;
    signal.throwIfAborted();
    say(`asking ${rounds} times, the tables are full`);
    const deepOffset = Math.floor(sessions * 0.5);
    const full = await askAll(stand.caller, { ...asked, deepOffset }, rounds, signal);
    return { sessions, fillSeconds, empty, full, sizes: await sizesOf(stand) };
  });
}

async function approvedSession({ system }: Stand, applicationId: string): Promise<string> {
  const rows = await system.query(
    `SELECT id FROM session.sessions WHERE application_id = $1 AND status = 'Approved' LIMIT 1`,
    [applicationId],
  );
  if (rows[0] === undefined) throw new Error('nobody was approved');
  return String(rows[0].id);
}

async function sizesOf({ system }: Stand): Promise<SessionsReport['sizes']> {
  const rows = await system.query(
    `SELECT relname AS table, pg_table_size(oid)::float8 AS bytes, pg_indexes_size(oid)::float8 AS index_bytes
     FROM pg_class WHERE relnamespace = 'session'::regnamespace AND relkind = 'r' ORDER BY 2 DESC LIMIT 5`,
  );
  return rows.map((row) => ({
    table: String(row.table),
    bytes: Number(row.bytes),
    indexBytes: Number(row.index_bytes),
  }));
}

/** How much slower a question may be answered. */
const aim = 1.5;

export function printSessions({ sessions, fillSeconds, empty, full, sizes }: SessionsReport): void {
  const ms = (value: number) => value.toFixed(1);
  console.log(
    `\n${sessions} sessions, filled in within ${fillSeconds.toFixed(0)} s; one caller, one question at a time`,
  );
  console.table(
    full.map(({ name, p50Ms, p99Ms }) => {
      const before = empty.find((each) => each.name === name);
      const ratio = before === undefined ? Number.NaN : p99Ms / before.p99Ms;
      return {
        question: name,
        'empty p50/p99 ms': before === undefined ? '-' : `${ms(before.p50Ms)}/${ms(before.p99Ms)}`,
        'full p50/p99 ms': `${ms(p50Ms)}/${ms(p99Ms)}`,
        'p99 ratio': ratio.toFixed(2),
        [`aim ${aim}`]: ratio <= aim ? 'held' : 'missed',
      };
    }),
  );
  console.log('on disk');
  console.table(
    sizes.map(({ table, bytes, indexBytes }) => ({
      table,
      'MB of rows': (bytes / 1e6).toFixed(0),
      'MB of indexes': (indexBytes / 1e6).toFixed(0),
      'bytes a session': ((bytes + indexBytes) / sessions).toFixed(0),
    })),
  );
}
