import type { ListEntry } from '../domain/lists/types.ts';
import { countEntries } from '../outbound/list-entry-store.ts';
import type { Queries } from '../outbound/tables.ts';
import { refuse } from './refusal.ts';

/** An entry, and whether it was made now: a value that is on the list already stays as it is. */
export interface Added {
  readonly entry: ListEntry;
  readonly isNew: boolean;
}

/** On one list. */
export const maxEntries = 100_000;

/** Whether a list, which is held by the transaction, takes no more entries. */
export async function isFull(tx: Queries, listId: string): Promise<boolean> {
  return (await countEntries(tx, listId)) >= maxEntries;
}

export const full = refuse(400, `A list can have at most ${maxEntries} entries.`);
