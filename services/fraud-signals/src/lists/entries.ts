import { Failure } from '@selfsame/runtime/errors';
import type { Context } from '../context.ts';
import { matchKeysOf } from '../domain/lists/match-key.ts';
import type { List, ListEntry } from '../domain/lists/types.ts';
import { normalUser, readValue } from '../domain/lists/value.ts';
import {
  deleteEntry,
  findEntries,
  findEntry,
  findEntryByKey,
  insertEntry,
  type NewEntry,
} from '../outbound/list-entry-store.ts';
import { findList, lockList } from '../outbound/list-store.ts';
import { type Added, full, isFull } from './additions.ts';
import { dropFace, putFace } from './faces.ts';
import type { ListRefusal } from './refusal.ts';
import { notFound, refuseField } from './refusal.ts';

/** What an application says about a new entry. */
export interface EntryInput {
  readonly value: string;
  readonly displayLabel: string | null;
  readonly comment: string | null;
  readonly metadata: Readonly<Record<string, unknown>> | null;
  /** The session that gave reason for it; null: none. */
  readonly referenceSessionId: string | null;
  readonly referenceObjectUuid: string | null;
}

/** Puts a value on a list or, on lists of faces, the face of a session. */
export async function addEntry(
  context: Context,
  applicationId: string,
  listId: string,
  input: EntryInput,
): Promise<Added | ListRefusal> {
  const list = await findList(context.database.db, applicationId, listId);
  if (list === undefined) return notFound;
  const reference = await findReference(context, applicationId, input.referenceSessionId);
  if ('refused' in reference) return reference;
  const about = { ...input, ...reference, addedBy: 'api' as const };
  if (list.entryType === 'face') {
    const sessionId = input.referenceSessionId;
    if (sessionId === null) {
      return refuseField('reference_session_id', 'Name the session whose face it is, or upload a picture.');
    }
    const key = matchKeysOf(context.hash, applicationId)('face_of_session', sessionId);
    return putFace(context, list, { sessionId }, { ...about, value: null, matchKey: key });
  }
  const value = readValue(list.entryType, input.value);
  if ('mistake' in value) return refuseField('value', value.mistake);
  const key = matchKeysOf(context.hash, applicationId)(list.entryType, value.normal);
  return addValue(context, list, { ...about, value: value.shown, matchKey: key });
}

/** Writes an entry whose value was read already. */
export async function addValue(
  { database, keyring }: Pick<Context, 'database' | 'keyring'>,
  { applicationId, id }: List,
  entry: NewEntry,
): Promise<Added | ListRefusal> {
  return await database.transaction(async (tx) => {
    const list = await lockList(tx, applicationId, id);
    if (list === undefined) return notFound;
    const known = await findEntryByKey(tx, keyring, id, entry.matchKey);
    if (known !== undefined) return { entry: known, isNew: false };
    if (await isFull(tx, id)) return full;
    const added = await insertEntry(tx, keyring, list, entry);
    if (added === undefined) throw new Error('an entry was added to a list that is held');
    return { entry: added, isNew: true };
  });
}

/** Which entries of a list are asked for. */
export interface EntrySearch {
  /** In any spelling that means the same; undefined: all of them. */
  readonly value: string | undefined;
  readonly limit: number;
  readonly offset: number;
}

/** One page of the entries that count. */
export async function searchEntries(
  { database, hash, keyring }: Pick<Context, 'database' | 'hash' | 'keyring'>,
  applicationId: string,
  listId: string,
  { value, limit, offset }: EntrySearch,
): Promise<{ readonly count: number; readonly entries: readonly ListEntry[] } | ListRefusal> {
  const list = await findList(database.db, applicationId, listId);
  if (list === undefined) return notFound;
  const filter = { applicationId, listIds: [listId], referenceSessionId: null, limit, offset };
  if (value === undefined) return findEntries(database.db, keyring, { ...filter, matchKey: null });
  // Faces have no value that could be asked for.
  const read = list.entryType === 'face' ? null : readValue(list.entryType, value);
  if (list.entryType === 'face' || read === null || 'mistake' in read) return { count: 0, entries: [] };
  const key = matchKeysOf(hash, applicationId)(list.entryType, read.normal);
  return findEntries(database.db, keyring, { ...filter, matchKey: key });
}

/** An entry that counts. */
export async function findEntryOf(
  { database, keyring }: Pick<Context, 'database' | 'keyring'>,
  applicationId: string,
  listId: string,
  id: string,
): Promise<ListEntry | ListRefusal> {
  const list = await findList(database.db, applicationId, listId);
  const entry = list && (await findEntry(database.db, keyring, { applicationId, listId, id }));
  return entry?.state === 'active' ? entry : notFound;
}

/** Takes an entry off its list. A face counts no more from now on, even where biometrics is told of it later. */
export async function removeEntry(
  context: Context,
  applicationId: string,
  listId: string,
  id: string,
): Promise<boolean> {
  const { db } = context.database;
  const list = await findList(db, applicationId, listId);
  const entry = list && (await findEntry(db, context.keyring, { applicationId, listId, id }));
  if (entry === undefined || entry.state === 'pending') return false;
  if (entry.entryType !== 'face') return deleteEntry(db, id);
  await dropFace(context, { applicationId, listId, entryId: id });
  return entry.state === 'active';
}

/** What is kept of the session that gave reason for an entry. */
type Reference = Pick<NewEntry, 'referenceSessionNumber' | 'subjectKey'>;

async function findReference(
  context: Context,
  applicationId: string,
  sessionId: string | null,
): Promise<Reference | ListRefusal> {
  if (sessionId === null) return { referenceSessionNumber: null, subjectKey: null };
  const session = await describeSession(context, applicationId, sessionId);
  if (session === undefined) {
    return refuseField('reference_session_id', 'This application has no such session.');
  }
  return referenceTo(context, applicationId, session);
}

/** What is kept of a session: its number, and a keyed hash by which the erasure of its person finds the entry. */
export function referenceTo(
  { hash }: Pick<Context, 'hash'>,
  applicationId: string,
  { sessionNumber, vendorData }: Described,
): Reference {
  return {
    referenceSessionNumber: Number(sessionNumber),
    subjectKey: vendorData === '' ? null : matchKeysOf(hash, applicationId)('user', normalUser(vendorData)),
  };
}

type Described = Awaited<ReturnType<Context['session']['describeSession']>>;

/** Who a session is about; undefined when the application has none of that id. */
export async function describeSession(
  { session }: Pick<Context, 'session'>,
  applicationId: string,
  sessionId: string,
): Promise<Described | undefined> {
  try {
    return await session.describeSession({ applicationId, sessionId });
  } catch (error) {
    if (error instanceof Failure && error.kind === 'not_found') return undefined;
    throw error;
  }
}
