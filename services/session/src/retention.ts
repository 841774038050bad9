import type { Principal } from '@selfsame/http/authentication';
import type { Context } from './context.ts';
import { deleteWithin, deletionBatch } from './deletions.ts';
import type { Retention } from './domain/retention.ts';
import { readRetention } from './domain/retention.ts';
import type { SessionType } from './domain/session.ts';
import type { Deleting } from './erased-sessions.ts';
import { lockApplication } from './outbound/application-store.ts';
import {
  addRun,
  type Counted,
  countSessions,
  findLastRun,
  findRetention,
  holdRetention,
  listRetaining,
  lockRetention,
  pruneRuns,
  type RetainingApplication,
  type Run,
  saveRetention,
  type TypeCounts,
} from './outbound/retention-store.ts';
import type { Refused } from './refusal.ts';
import { refusedFields } from './refusal.ts';

/** What the retention of an application came to. */
export interface RetentionReport {
  readonly application: RetainingApplication;
  /** What was deleted; of a dry run, what would have been. */
  readonly deleted: Counted;
  readonly left: Counted;
}

/**
 * Deletes what applications do not want kept any longer, as the API deletes sessions: a batch to a transaction, so that a
 * crash costs a batch that was not finished and nothing else. Any number of replicas may do it at once; each takes sessions
 * that no other holds, and leaves those alone that somebody is at work on. Each batch goes by what the application wants then:
 * once a change was answered, nothing is deleted that it keeps.
 * @param options.slug of one application; undefined: all
 */
export async function runRetention(
  context: Deleting,
  options: { slug?: string | undefined; isDry?: boolean; signal?: AbortSignal } = {},
): Promise<RetentionReport[]> {
  const { db } = context.database;
  const { slug, isDry = false, signal } = options;
  const reports: RetentionReport[] = [];
  for (const application of await listRetaining(db, slug)) {
    if (signal?.aborted) break;
    const due = await countSessions(db, application.id, application.since);
    if (due.oldest === null && slug === undefined && !isDry) continue;
    const deleted = isDry ? due : await deleteDue(context, application.id, signal);
    const all = await countSessions(db, application.id);
    reports.push({ application, deleted, left: isDry ? without(all, due) : all });
  }
  if (!isDry) await pruneRuns(db);
  return reports;
}

async function deleteDue(context: Deleting, id: string, signal: AbortSignal | undefined): Promise<Counted> {
  const total: TypeCounts & { oldest: Date | null } = { hosted: 0, api: 0, imported: 0, oldest: null };
  while (!signal?.aborted) {
    const batch: TypeCounts = { hosted: 0, api: 0, imported: 0 };
    let oldest: Date | undefined;
    const deleted = await context.database.transaction(async (tx) => {
      const since = await holdRetention(tx, id);
      if (since === null) return 0;
      const sessions = await deleteWithin(context, tx, id, { unchangedSince: since, skipLocked: true });
      for (const { type, createdAt } of sessions) {
        batch[names[type]] += 1;
        if (oldest === undefined || createdAt < oldest) oldest = createdAt;
      }
      if (oldest !== undefined) await addRun(tx, id, { ...batch, oldest });
      return sessions.length;
    });
    total.hosted += batch.hosted;
    total.api += batch.api;
    total.imported += batch.imported;
    if (oldest !== undefined && (total.oldest === null || oldest < total.oldest)) total.oldest = oldest;
    if (deleted < deletionBatch) break;
  }
  return total;
}

const names = { HOSTED: 'hosted', API: 'api', IMPORTED: 'imported' } as const satisfies Record<
  SessionType,
  keyof TypeCounts
>;

/** The oldest that is left is not known before the others are gone. */
function without(all: Counted, due: Counted): Counted {
  return {
    hosted: all.hosted - due.hosted,
    api: all.api - due.api,
    imported: all.imported - due.imported,
    oldest: null,
  };
}

/** What an application has said about how long its data stays. */
export interface RetentionView {
  readonly retention: Retention;
  readonly lastRun: Run | null;
}

/** `GET /v3/data-retention/` */
export async function readRetentionOf(context: Context, principal: Principal): Promise<RetentionView> {
  const { db } = context.database;
  const { applicationId } = principal;
  return {
    retention: await findRetention(db, applicationId),
    lastRun: await findLastRun(db, applicationId),
  };
}

/** `PATCH /v3/data-retention/` */
export async function changeRetention(
  context: Context,
  principal: Principal,
  body: unknown,
): Promise<RetentionView | Refused> {
  const { applicationId } = principal;
  return context.database.transaction(async (tx) => {
    await lockRetention(tx, applicationId);
    await lockApplication(tx, applicationId);
    const read = readRetention(body, await findRetention(tx, applicationId));
    if ('errors' in read) return refusedFields(read.errors);
    await saveRetention(tx, applicationId, read.retention);
    return { retention: read.retention, lastRun: await findLastRun(tx, applicationId) };
  });
}
