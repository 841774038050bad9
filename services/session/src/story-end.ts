import { eventOf, readEventsNear, type StoryEntry } from '@selfsame/bus/story';
import { sessionDeleted, subjectErased } from '@selfsame/contracts/catalog';
import type { Kysely } from 'kysely';
import { awaited } from './domain/erasure.ts';
import { findToldErasure, listCallers, type ToldErasure, type ToldRow } from './outbound/story-store.ts';
import type { Tables } from './outbound/tables.ts';
import { callerWords, shortId } from './story-words.ts';

type Db = Kysely<Tables>;

const service = 'session';
/** Erasures take moments, unless a service is away. */
const erasureMaxMs = 10 * 60_000;

/** How a session ended that is deleted, and its person's erasure if that is why. */
export async function tellEnd(db: Db, row: ToldRow, now: Date): Promise<StoryEntry[]> {
  const { id, application_id: applicationId, deleted_at: deletedAt } = row;
  if (deletedAt === null) return [];
  const path = `/v3/session/${id}/delete/`;
  const [callers, erasure, events] = await Promise.all([
    listCallers(db, { applicationId, at: deletedAt, method: 'DELETE', path }),
    findToldErasure(db, { id, applicationId, deletedAt }),
    readEventsNear(db, {
      subject: sessionDeleted.subject,
      at: deletedAt,
      naming: id,
    }),
  ]);
  const [event] = events;
  const by = erasure
    ? 'with its person'
    : callers.length > 0
      ? `by ${callerWords(callers)}`
      : 'by its application or by retention';
  const deleted: StoryEntry = {
    at: deletedAt,
    service,
    kind: 'deleted',
    text: `deleted ${by}; what names its person is gone`,
    facts: { erasure_id: erasure?.id ?? null, deleted_by: callers.map(({ actor }) => actor) },
    ...(event && eventOf(event)),
  };
  return erasure === null ? [deleted] : [deleted, ...erasureEntries(erasure, now)];
}

function erasureEntries(erasure: ToldErasure, now: Date): StoryEntry[] {
  const { id, state, requested_at, erased_at, confirmed } = erasure;
  const waits = state === 'erased' ? [] : awaited(confirmed);
  const isLate = state !== 'erased' && now.getTime() - requested_at.getTime() > erasureMaxMs;
  const requested: StoryEntry = {
    at: requested_at,
    service,
    kind: 'erasure_requested',
    text: `erasure ${shortId(id)} of its person requested (${subjectErased.name})`,
    facts: { erasure_id: id, state, waiting_for: waits },
    ...(isLate && {
      problem: `the erasure is ${state}${waits.length > 0 ? `; not confirmed by ${waits.join(', ')}: see their /readyz and dead letters` : ''}`,
    }),
  };
  const steps = confirmed.map(
    (each): StoryEntry => ({
      at: new Date(each.at),
      service: each.service,
      kind: 'erasure_confirmed',
      text: `erasure confirmed: ${each.removed} removed, ${each.kept} kept`,
      facts: { erasure_id: id, removed: each.removed, kept: each.kept },
    }),
  );
  const done: StoryEntry[] =
    erased_at === null
      ? []
      : [{ at: erased_at, service, kind: 'erased', text: 'erasure certified', facts: { erasure_id: id } }];
  return [requested, ...steps, ...done];
}
