import { Failure } from '@selfsame/runtime/errors';
import type { ImageConfig } from './config.ts';
import { openFileStore } from './file-store.ts';
import { openS3Store } from './s3-store.ts';

/**
 * Bytes by name. Whatever is put here was sealed before. All calls end within their deadline.
 * @throws Failure `object_store_unavailable`
 */
export interface ObjectStore {
  put(name: string, bytes: Buffer): Promise<void>;
  /** null when there is none. */
  get(name: string): Promise<Buffer | null>;
  /** Succeeds when there was none. */
  remove(name: string): Promise<void>;
}

/**
 * Opens the store that the configuration names: `file:///folder`, or `s3://bucket/prefix?endpoint=https://host` for whatever
 * speaks S3. null when it names none.
 * @throws Failure `object_store_misconfigured`
 */
export async function openObjectStore(config: ImageConfig): Promise<ObjectStore | null> {
  if (config.objectStoreUrl === undefined) return null;
  const url = URL.canParse(config.objectStoreUrl) ? new URL(config.objectStoreUrl) : null;
  if (url?.protocol === 'file:') return openFileStore(url);
  if (url?.protocol === 's3:') return openS3Store(url, config);
  throw misconfigured('OBJECT_STORE_URL must be file:///folder or s3://bucket/prefix?endpoint=https://host');
}

/** Why the store cannot be used as it is named. */
export function misconfigured(message: string, cause?: unknown): Failure {
  return new Failure('precondition', 'object_store_misconfigured', message, { cause });
}

/** It may work the next time. */
export function storeUnavailable(cause: unknown): Failure {
  return new Failure(
    'unavailable',
    'object_store_unavailable',
    'The object store does not answer; try again.',
    {
      cause,
      retryable: true,
    },
  );
}
