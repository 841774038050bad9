import type { CaptureManifest } from '../../../src/wire.ts';

const database = 'selfsame';
const store = 'keys';
const name = 'device';
/** A browser that keeps us waiting for its storage goes without. */
const patienceMs = 1_500;
const algorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const;

/**
 * Signs pictures with a key of this browser, which no script can read: over `{nonce}.{SHA-256 of the pictures, hex}`,
 * ECDSA P-256. Undefined where the browser has no such keys or does not let us keep one.
 */
export async function signPictures(nonce: string, pictures: Blob): Promise<CaptureManifest['proof']> {
  const signed = sign(nonce, pictures).catch(() => undefined);
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, patienceMs));
  return Promise.race([signed, late]);
}

async function sign(nonce: string, pictures: Blob): Promise<CaptureManifest['proof']> {
  const [keys, bytes] = await Promise.all([deviceKeys(), pictures.arrayBuffer()]);
  const digest = hex(await crypto.subtle.digest('SHA-256', bytes));
  const signature = await crypto.subtle.sign(
    { name: 'ECDSA', hash: 'SHA-256' },
    keys.privateKey,
    new TextEncoder().encode(`${nonce}.${digest}`),
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
  const opened = await open();
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

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(database, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(store);
  return done(request);
}

function done<T>(request: IDBRequest<T>): Promise<T> {
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
