/** What a list does: decline whoever is on it, speak for them, or nothing but tell rules of it. */
export const listTypes = ['blocklist', 'allowlist', 'custom'] as const;
export type ListType = (typeof listTypes)[number];

/** What can be on a list and is looked up with every visit or, of faces, with every look. */
export const entryTypes = [
  'ip_address',
  'device_fingerprint',
  'user',
  'country',
  'email',
  'phone',
  'face',
] as const;
export type EntryType = (typeof entryTypes)[number];

/** What is looked up by a value; a face is one of biometrics' templates. */
export type ValueType = Exclude<EntryType, 'face'>;

/** Types of the /v3 contract that nothing here ever sees a value of. */
export const idleEntryTypes = ['document', 'wallet_address', 'bank_account', 'business', 'key'] as const;

export function isEntryType(type: string): type is EntryType {
  return (entryTypes as readonly string[]).includes(type);
}

/** A list of an application. */
export interface List {
  readonly id: string;
  readonly applicationId: string;
  readonly name: string;
  readonly description: string;
  readonly listType: ListType;
  readonly entryType: EntryType;
  readonly isSystem: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** An entry of a list, as its application sees it. */
export interface ListEntry {
  readonly id: string;
  readonly listId: string;
  readonly entryType: EntryType;
  readonly state: 'active' | 'pending' | 'dropping';
  /** As it was typed; null for a face, and for a person who was erased. */
  readonly value: string | null;
  readonly displayLabel: string | null;
  readonly comment: string | null;
  readonly metadata: Readonly<Record<string, unknown>> | null;
  readonly addedBy: 'api' | 'console' | 'system' | 'email';
  readonly referenceSessionId: string | null;
  readonly referenceSessionNumber: number | null;
  readonly referenceObjectUuid: string | null;
  readonly createdAt: Date;
}
