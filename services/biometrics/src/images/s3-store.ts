import { createHash } from 'node:crypto';
import { AwsClient } from 'aws4fetch';
import type { ImageConfig } from './config.ts';
import { misconfigured, type ObjectStore, storeUnavailable } from './object-store.ts';

/** Kept pictures have at most 5 MB; whoever answers with more is not our store. */
const OBJECT_BYTES_MAX = 8 * 2 ** 20;
const REQUEST_TIMEOUT_MS = 5_000;
const ATTEMPTS = 3;

/**
 * A bucket of whatever speaks the S3 protocol, path-style, signed with Signature Version 4. Answers of 5xx and 429, and
 * connections that break, are tried again.
 */
export function openS3Store(url: URL, config: ImageConfig): ObjectStore {
  const { objectStoreAccessKeyId: accessKeyId, objectStoreSecretAccessKey: secretAccessKey } = config;
  if (!accessKeyId || !secretAccessKey) {
    throw misconfigured('an s3 store needs OBJECT_STORE_ACCESS_KEY_ID and OBJECT_STORE_SECRET_ACCESS_KEY');
  }
  const region = config.objectStoreRegion;
  const base = baseOf(url, region);
  const client = new AwsClient({ accessKeyId, secretAccessKey, region, service: 's3' });

  async function attempt(method: string, name: string, body: Buffer | undefined): Promise<Response> {
    const sha256 = createHash('sha256')
      .update(body ?? '')
      .digest('hex');
    const request = await client.sign(`${base}/${name}`, {
      method,
      headers: { 'x-amz-content-sha256': sha256 },
      ...(body === undefined ? {} : { body: new Uint8Array(body) }),
    });
    return fetch(request, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS), redirect: 'error' });
  }

  async function send(method: string, name: string, body?: Buffer): Promise<Response> {
    let failure: unknown;
    for (let tried = 0; tried < ATTEMPTS; tried += 1) {
      try {
        const answer = await attempt(method, name, body);
        if (answer.status < 500 && answer.status !== 429) return answer;
        await answer.body?.cancel();
        failure = new Error(`${method} answered ${answer.status}`);
      } catch (error) {
        failure = error;
      }
    }
    throw storeUnavailable(failure);
  }

  async function expect(answer: Response, ...statuses: number[]): Promise<void> {
    await answer.body?.cancel();
    if (!statuses.includes(answer.status)) throw storeUnavailable(new Error(`answered ${answer.status}`));
  }

  return {
    put: async (name, bytes) => expect(await send('PUT', name, bytes), 200, 201, 204),
    async get(name) {
      const answer = await send('GET', name);
      if (answer.status !== 200) {
        await expect(answer, 404);
        return null;
      }
      return bytesOf(answer);
    },
    remove: async (name) => expect(await send('DELETE', name), 200, 204, 404),
  };
}

/** `s3://bucket/prefix?endpoint=https://host` as the address of its objects. */
function baseOf(url: URL, region: string): string {
  const endpoint = url.searchParams.get('endpoint') ?? `https://s3.${region}.amazonaws.com`;
  if (!URL.canParse(endpoint) || url.host === '') {
    throw misconfigured('OBJECT_STORE_URL: a bucket is named as s3://bucket/prefix?endpoint=https://host');
  }
  const path = `${url.host}${url.pathname}`.replace(/\/+$/, '');
  return `${endpoint.replace(/\/+$/, '')}/${path}`;
}

async function bytesOf(answer: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of answer.body ?? []) {
      length += chunk.length;
      if (length > OBJECT_BYTES_MAX) throw new Error('an object larger than any that we keep');
      chunks.push(chunk);
    }
  } catch (cause) {
    throw storeUnavailable(cause);
  }
  return Buffer.concat(chunks);
}
