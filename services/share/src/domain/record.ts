/** What the record of shares tells of. */
export const recordKinds = [
  'consent_given',
  'consent_withdrawn',
  'share_created',
  'share_revoked',
  'share_imported',
  'import_refused',
] as const;

export type RecordKind = (typeof recordKinds)[number];

/** What happened, as it is written down: in the log of the application that shares and in that of the one that obtains. */
export interface RecordEntry {
  /** Whose log it is. */
  readonly applicationId: string;
  readonly kind: RecordKind;
  /** The subject's pseudonym in `applicationId`; null where that application has none for them. */
  readonly userPid: string | null;
  /** The one that shares. */
  readonly fromApplicationId: string;
  /** The one that obtains. */
  readonly audienceId: string;
  /** As the one that shares has called it, and its name at that time. */
  readonly audience: string;
  readonly audienceName: string;
  readonly purpose: string;
  readonly scope: string;
  /** The token's id. */
  readonly shareId: string | null;
  readonly consentId: string | null;
  /** Of the share; of a consent: until when it allows shares. */
  readonly expiresAt: Date | null;
  /** imported, refused, ...; null where nothing was imported. */
  readonly importStatus: string | null;
  /** A code of how or why: kind of evidence of a consent, reason of a refusal or of a revocation. */
  readonly note: string | null;
  /** SHA-256 of a document that belongs to it, such as the signed consent. */
  readonly documentSha256: Buffer | null;
}

/** An entry with its place in the log. */
export interface PlacedRecord extends RecordEntry {
  /** From 1 on; also the size of the tree that ends with it. */
  readonly sequence: number;
  readonly at: Date;
  /** 16 random bytes. */
  readonly salt: Buffer;
}

/** How the hashed bytes are made; rises when that changes. */
export const recordFormat = 1;

/**
 * The leaf of the tree that an entry is: a JSON array, so that no two entries read the same.
 * @param previous hash of the leaf before; null for the first
 */
export function leafText(record: PlacedRecord, previous: Buffer | null): string {
  return JSON.stringify([
    'selfsame-share-record',
    recordFormat,
    record.applicationId,
    record.sequence,
    record.at.toISOString(),
    record.kind,
    record.userPid,
    record.fromApplicationId,
    record.audienceId,
    record.audience,
    record.audienceName,
    record.purpose,
    record.scope,
    record.shareId,
    record.consentId,
    record.expiresAt?.toISOString() ?? null,
    record.importStatus,
    record.note,
    record.documentSha256?.toString('hex') ?? null,
    record.salt.toString('hex'),
    previous?.toString('hex') ?? null,
  ]);
}
