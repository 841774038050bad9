import type { Keyring } from '@selfsame/keys/keyring';
import type { ListEntry } from '../domain/lists/types.ts';

/** What can be read of an entry. */
export type EntryText = Pick<ListEntry, 'value' | 'displayLabel' | 'comment' | 'metadata'>;

/** Where an entry lies: its text opens nowhere else. */
export interface EntryPlace {
  readonly applicationId: string;
  readonly listId: string;
  readonly id: string;
}

/** @returns null where there is nothing to read */
export function sealText(keyring: Pick<Keyring, 'seal'>, place: EntryPlace, text: EntryText): Buffer | null {
  const { value, displayLabel, comment, metadata } = text;
  if (value === null && displayLabel === null && comment === null && metadata === null) return null;
  return keyring.seal(Buffer.from(JSON.stringify([value, displayLabel, comment, metadata])), partsOf(place));
}

/** @throws Failure `sealed_unopenable` */
export async function openText(
  keyring: Pick<Keyring, 'open'>,
  place: EntryPlace,
  sealed: Buffer,
): Promise<EntryText> {
  const plain = await keyring.open(sealed, partsOf(place));
  const [value, displayLabel, comment, metadata] = JSON.parse(plain.toString('utf8'));
  return { value, displayLabel, comment, metadata };
}

function partsOf({ applicationId, listId, id }: EntryPlace): string[] {
  return [applicationId, 'list entry', listId, id];
}
