import type { Context } from '../context.ts';
import { matchKeysOf } from '../domain/lists/match-key.ts';
import type { EntryType, List, ListEntry } from '../domain/lists/types.ts';
import { readValue } from '../domain/lists/value.ts';
import { deleteEntry, findEntries, findEntryByKey, type NewEntry } from '../outbound/list-entry-store.ts';
import { findSystemLists } from '../outbound/list-store.ts';
import type { Added } from './additions.ts';
import { addValue, describeSession, referenceTo } from './entries.ts';
import { dropFace, putFace } from './faces.ts';
import { systemList } from './lists.ts';
import type { ListRefusal } from './refusal.ts';
import { notFound, refuse, refuseField } from './refusal.ts';

/** What of a session can be blocked by naming the session. */
export const blockable = ['face', 'email', 'phone'] as const;
export type Blockable = (typeof blockable)[number];

/** Puts what a session was about on the application's blocklists. The face first: it alone may not do. */
export async function blockSession(
  context: Context,
  applicationId: string,
  sessionId: string,
  items: readonly Blockable[],
): Promise<{ readonly entries: readonly ListEntry[] } | ListRefusal> {
  const wanted = await wantedOf(context, applicationId, sessionId, items);
  if ('refused' in wanted) return wanted;
  const entries: ListEntry[] = [];
  for (const { list, entry } of wanted.targets) {
    const added: Added | ListRefusal =
      list.entryType === 'face'
        ? await putFace(context, list, { sessionId }, entry)
        : await addValue(context, list, entry);
    if ('refused' in added) {
      return added.refused === 'field' ? refuseField('session_id', added.reason) : added;
    }
    entries.push(added.entry);
  }
  return { entries };
}

/** Takes it off again, whoever put it there. */
export async function unblockSession(
  context: Context,
  applicationId: string,
  sessionId: string,
  items: readonly Blockable[],
): Promise<{ readonly removed: number } | ListRefusal> {
  const wanted = await wantedOf(context, applicationId, sessionId, items);
  if ('refused' in wanted) return wanted;
  const { db } = context.database;
  let removed = 0;
  for (const { list, entry } of wanted.targets) {
    const known = await findEntryByKey(db, context.keyring, list.id, entry.matchKey);
    if (known?.state !== 'active') continue;
    if (list.entryType === 'face')
      await dropFace(context, { applicationId, listId: list.id, entryId: known.id });
    else await deleteEntry(db, known.id);
    removed += 1;
  }
  return { removed };
}

/** Which entries of the blocklists are asked for. */
export interface BlockedSearch {
  readonly itemType: EntryType | undefined;
  readonly sessionId: string | undefined;
  readonly limit: number;
  readonly offset: number;
}

/** One page of what is on the application's blocklists. */
export async function findBlocked(
  { database, keyring }: Pick<Context, 'database' | 'keyring'>,
  applicationId: string,
  { itemType, sessionId, limit, offset }: BlockedSearch,
): Promise<{ readonly count: number; readonly entries: readonly ListEntry[] }> {
  const lists = await findSystemLists(database.db, applicationId);
  const wanted = [...lists.values()].filter(
    ({ entryType }) => itemType === undefined || entryType === itemType,
  );
  return findEntries(database.db, keyring, {
    applicationId,
    listIds: wanted.map(({ id }) => id),
    matchKey: null,
    referenceSessionId: sessionId ?? null,
    limit,
    offset,
  });
}

/** A blocklist, and what of the session is to be on it. */
interface Target {
  readonly list: List;
  readonly entry: NewEntry;
}

async function wantedOf(
  context: Context,
  applicationId: string,
  sessionId: string,
  items: readonly Blockable[],
): Promise<{ readonly targets: readonly Target[] } | ListRefusal> {
  if (items.length === 0)
    return refuse(400, 'Say what of the session is meant: the face, the email or the phone.');
  const session = await describeSession(context, applicationId, sessionId);
  if (session === undefined) return notFound;
  const about = {
    ...referenceTo(context, applicationId, session),
    displayLabel: null,
    comment: null,
    metadata: null,
    addedBy: 'api',
    referenceSessionId: sessionId,
    referenceObjectUuid: null,
  } as const;
  const matchKey = matchKeysOf(context.hash, applicationId);
  const targets: Target[] = [];
  for (const item of blockable.filter((one) => items.includes(one))) {
    const list = await systemList(context, applicationId, item);
    if (item === 'face') {
      const key = matchKey('face_of_session', sessionId);
      targets.push({ list, entry: { ...about, value: null, matchKey: key } });
      continue;
    }
    const value = readValue(item, session[item]);
    if ('mistake' in value)
      return refuseField(item, `The session was given no ${item} that could be listed.`);
    const key = matchKey(item, value.normal);
    targets.push({ list, entry: { ...about, value: value.shown, matchKey: key } });
  }
  return { targets };
}
