import type { Context } from '../context.ts';
import {
  type EntryType,
  entryTypes,
  idleEntryTypes,
  isEntryType,
  type List,
  type ListType,
} from '../domain/lists/types.ts';
import {
  countOwnLists,
  deleteList,
  findLists,
  findSystemLists,
  hideFaceList,
  insertList,
  insertSystemLists,
  type ListFilter,
  lockList,
  updateList,
} from '../outbound/list-store.ts';
import type { ListRefusal } from './refusal.ts';
import { notFound, refuse, refuseField } from './refusal.ts';

type Lists = Pick<Context, 'database'>;

/** Beside its blocklists, which the system makes. */
export const maxLists = 200;

const systemNames: Record<EntryType, string> = {
  ip_address: 'Blocked IP addresses',
  device_fingerprint: 'Blocked devices',
  user: 'Blocked users',
  country: 'Blocked countries',
  email: 'Blocked e-mail addresses',
  phone: 'Blocked phone numbers',
  face: 'Blocked faces',
};

/** What an application says about a new list. */
export interface ListInput {
  readonly name: string;
  readonly description: string;
  readonly listType: ListType;
  /** Of the contract, whether or not anything acts on it. */
  readonly entryType: string;
}

/** The application's blocklist of a type of entry. Whoever needs the first one makes them all; two at once make one set. */
export async function systemList(
  { database }: Lists,
  applicationId: string,
  entryType: EntryType,
): Promise<List> {
  const lists = await ensureSystemLists(database.db, applicationId);
  const list = lists.get(entryType);
  if (list === undefined) throw new Error(`no blocklist was made for ${entryType}`);
  return list;
}

async function ensureSystemLists(
  db: Context['database']['db'],
  applicationId: string,
): Promise<ReadonlyMap<EntryType, List>> {
  const known = await findSystemLists(db, applicationId);
  const missing = entryTypes.filter((type) => !known.has(type));
  if (missing.length === 0) return known;
  await insertSystemLists(
    db,
    applicationId,
    missing.map((entryType) => ({
      entryType,
      name: systemNames[entryType],
      description: 'Whoever is on it is always declined.',
    })),
  );
  return findSystemLists(db, applicationId);
}

/** One page of the application's lists, its blocklists among them. */
export async function listLists({ database }: Lists, applicationId: string, filter: ListFilter) {
  await ensureSystemLists(database.db, applicationId);
  return findLists(database.db, applicationId, filter);
}

/** Makes an allowlist or a custom list. */
export async function createList(
  { database }: Lists,
  applicationId: string,
  { entryType, listType, name, description }: ListInput,
): Promise<List | ListRefusal> {
  if (listType === 'blocklist') {
    return refuseField(
      'list_type',
      'There is one blocklist for each entry type, and it is there already: add entries to it.',
    );
  }
  if (!isEntryType(entryType)) {
    const idle = (idleEntryTypes as readonly string[]).includes(entryType);
    return refuseField(
      'entry_type',
      idle
        ? `Nothing acts on entries of this type yet. Use one of: ${entryTypes.join(', ')}.`
        : `Must be one of: ${entryTypes.join(', ')}.`,
    );
  }
  if (listType === 'custom' && entryType === 'face') {
    return refuseField('entry_type', 'Faces are looked for on blocklists and allowlists only.');
  }
  return await database.transaction(async (tx) => {
    if ((await countOwnLists(tx, applicationId)) >= maxLists) {
      return refuse(400, `An application can have at most ${maxLists} lists of its own.`);
    }
    return insertList(tx, { applicationId, name, description, listType, entryType, isSystem: false });
  });
}

/** Renames a list that the application has made. */
export async function changeList(
  { database }: Lists,
  applicationId: string,
  id: string,
  change: { readonly name?: string; readonly description?: string },
): Promise<List | ListRefusal> {
  return await database.transaction(async (tx) => {
    const list = await lockList(tx, applicationId, id);
    if (list === undefined) return notFound;
    return list.isSystem ? unchangeable : updateList(tx, id, change);
  });
}

/** Deletes a list that the application has made, with its entries. Faces are let go by biometrics soon after. */
export async function removeList(
  { database }: Lists,
  applicationId: string,
  id: string,
): Promise<{ readonly removed: true } | ListRefusal> {
  return await database.transaction(async (tx) => {
    const list = await lockList(tx, applicationId, id);
    if (list === undefined) return notFound;
    if (list.isSystem) return unchangeable;
    if (list.entryType === 'face') await hideFaceList(tx, id);
    else await deleteList(tx, id);
    return { removed: true };
  });
}

const unchangeable = refuse(403, 'System lists cannot be changed or deleted; their entries can.');
