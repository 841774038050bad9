import type { DeviceProof } from '../../../src/wire.ts';

const databaseName = 'selfsame';
/** The one store of the page's database. */
export const store = 'keys';
const name = 'device';
/** A browser that keeps us waiting for its storage goes without. */
const patienceMs = 1_500;
const algorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const;

/**
 * Signs pictures with a key of this browser, which no script can read: over `{nonce}.{SHA-256 of the pictures, hex}`,
 * ECDSA P-256. Undefined where the browser has no such keys or does not let us keep one.
 */
export function signPictures(nonce: string, pictures: Blob): Promise<DeviceProof | undefined> {
  return inTime(async () => {
    const bytes = await pictures.arrayBuffer();
    return sign(`${nonce}.${hex(await crypto.subtle.digest('SHA-256', bytes))}`);
  });
}

/** What a visit is about: the page is open, or its user goes on without a selfie. */
export type VisitPurpose = 'open' | 'continue';

/** The same for a visit, over `{visit_nonce}.{purpose}`. */
export function signVisit(visitNonce: string, purpose: VisitPurpose): Promise<DeviceProof | undefined> {
  return inTime(() => sign(`${visitNonce}.${purpose}`));
}

/** The same for an answer to a consent, over `{nonce}.{SHA-256 of what was shown, hex}.{answer}`. */
export function signConsent(
  nonce: string,
  textSha256: string,
  answer: 'agree' | 'refuse' | 'withdraw',
): Promise<DeviceProof | undefined> {
  return inTime(() => sign(`${nonce}.${textSha256}.${answer}`));
}

function inTime(act: () => Promise<DeviceProof>): Promise<DeviceProof | undefined> {
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, patienceMs));
  return Promise.race([act().catch(() => undefined), late]);
}

async function sign(text: string): Promise<DeviceProof> {
  const keys = await deviceKeys();
  const signature = await crypto.subtle.sign(
    { name: 'ECDSA', hash: 'SHA-256' },
    keys.privateKey,
    new TextEncoder().encode(text),
  );
  const publicKey = await crypto.subtle.exportKey('raw', keys.publicKey);
  return { public_key: base64url(publicKey), signature: base64url(signature) };
}

let known: Promise<CryptoKeyPair> | undefined;

/** The key pair that is kept, made at the first time. Called early it is at hand when it is needed. */
export function deviceKeys(): Promise<CryptoKeyPair> {
  known ??= keptKeys();
  return known;
}

async function keptKeys(): Promise<CryptoKeyPair> {
  const opened = await database();
  try {
    const kept = await done<CryptoKeyPair | undefined>(
      opened.transaction(store).objectStore(store).get(name),
    );
    if (kept !== undefined) return kept;
    const made = await crypto.subtle.generateKey(algorithm, false, ['sign']);
    await done(opened.transaction(store, 'readwrite').objectStore(store).put(made, name));
    return made;
  } finally {
    opened.close();
  }
}

/** Forgets the key and whatever else the page keeps: the next visit is that of a device that nobody knows. */
export async function dropDevice(): Promise<void> {
  known = undefined;
  await done(indexedDB.deleteDatabase(databaseName));
}

/** The page's database. Whoever opens it closes it. */
export function database(): Promise<IDBDatabase> {
  const request = indexedDB.open(databaseName, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(store);
  return done(request);
}

/** What a request to a database brings. */
export function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('the browser keeps no keys'));
  });
}

/** Lower-case hexadecimal of bytes. */
export function hex(bytes: ArrayBuffer): string {
  return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** URL-safe base64 of bytes, without padding. */
export function base64url(bytes: ArrayBuffer): string {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
