import type { Database } from '@selfsame/database/database';
import { userPid } from './domain/user-pid.ts';
import {
  type ListedErasure,
  lastNumberOf,
  listErasuresSince,
  listKnown,
  listNameless,
  listNames,
} from './outbound/erasure-list-store.ts';
import { insertErasure, lockNumbers } from './outbound/erasure-store.ts';
import type { Queries, Tables } from './outbound/tables.ts';

const pageSize = 5_000;

/**
 * What became of an erasure after a restore. reapplied: the service carries it out; known: the database has it; session: it
 * was of a session without a name, which is there again; unknown: nobody of that pseudonym has a session.
 */
export interface Reapplied {
  readonly erasure: ListedErasure;
  readonly outcome: 'reapplied' | 'known' | 'session' | 'unknown';
  readonly sessionId?: string;
}

/** Every erasure asked for since, for a list that is kept outside the database. */
export async function* listErasures(db: Queries, since: Date): AsyncGenerator<ListedErasure> {
  let page: ListedErasure[] = [];
  do {
    page = await listErasuresSince(db, since, page.at(-1), pageSize);
    yield* page;
  } while (page.length === pageSize);
}

/**
 * Writes erasures of the list, that a restored database no longer knows, down once more, as they were: the running service
 * goes on with them. Who is meant is found by pseudonym among the people who have sessions; what came after an erasure was
 * asked for stays.
 * @param tokenKey SESSION_TOKEN_KEY, which pseudonyms come from
 */
export async function reapplyErasures(
  database: Database<Tables>,
  tokenKey: Uint8Array,
  listed: readonly ListedErasure[],
): Promise<Reapplied[]> {
  const known = await listKnown(
    database.db,
    listed.map(({ erasure_id }) => erasure_id),
  );
  const results: Reapplied[] = [];
  const wanted = listed.filter((erasure) => {
    if (known.has(erasure.erasure_id)) results.push({ erasure, outcome: 'known' });
    return !known.has(erasure.erasure_id);
  });
  const byApplication = Map.groupBy(wanted, ({ application_id }) => application_id);
  for (const [applicationId, erasures] of byApplication) {
    const byPid = Map.groupBy(erasures, ({ user_pid }) => user_pid);
    for await (const name of everything((after) => listNames(database.db, applicationId, after, pageSize))) {
      const pid = userPid(tokenKey, { id: '', applicationId, vendorData: name });
      for (const erasure of byPid.get(pid) ?? []) {
        await writeDown(database, erasure, name);
        results.push({ erasure, outcome: 'reapplied' });
      }
      byPid.delete(pid);
    }
    for await (const id of everything((after) => listNameless(database.db, applicationId, after, pageSize))) {
      const pid = userPid(tokenKey, { id, applicationId, vendorData: null });
      for (const erasure of byPid.get(pid) ?? [])
        results.push({ erasure, outcome: 'session', sessionId: id });
      byPid.delete(pid);
    }
    for (const erasure of [...byPid.values()].flat()) results.push({ erasure, outcome: 'unknown' });
  }
  return results;
}

async function writeDown(
  database: Database<Tables>,
  erasure: ListedErasure,
  vendorData: string,
): Promise<void> {
  await database.transaction(async (tx) => {
    await lockNumbers(tx, erasure.application_id);
    // Another run of the command may have come first.
    if ((await listKnown(tx, [erasure.erasure_id])).size > 0) return;
    const requestedAt = new Date(erasure.requested_at);
    await insertErasure(tx, {
      id: erasure.erasure_id,
      application_id: erasure.application_id,
      user_pid: erasure.user_pid,
      vendor_data: vendorData,
      after_number: 0,
      through_number: await lastNumberOf(tx, erasure.application_id, vendorData, requestedAt),
      instruction_id: erasure.instruction_id,
      requested_at: requestedAt,
    });
  });
}

async function* everything(
  read: (after: string | undefined) => Promise<readonly string[]>,
): AsyncGenerator<string> {
  let page: readonly string[] = [];
  do {
    page = await read(page.at(-1));
    yield* page;
  } while (page.length === pageSize);
}
