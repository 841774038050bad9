import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '@selfsame/runtime/errors';
import { AwsV4Signer } from 'aws4fetch';
import type { KeyContext, KeyProvider } from '../provider.ts';
import { keyUnopenable, nameOf } from './wrapping.ts';

/** A key in AWS KMS, or in anything that speaks its wire form. */
export interface KmsOptions {
  /** Seals what is new: key id, ARN or alias. */
  readonly keyId: string;
  /** https://kms.<region>.amazonaws.com unless given. */
  readonly endpoint?: string | undefined;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of one try; 3 s. */
  readonly deadlineMs?: number;
  /** Before the second try, twice that before the third; 200 ms. */
  readonly retryMs?: number;
}

const TRIES = 3;
const KEY_BYTES = 32;
const ANSWER_BYTES_MAX = 65_536;
/** KMS says of these that the same call may succeed later; 5xx and a silent network are taken the same way. */
const PASSING = [
  'ThrottlingException',
  'LimitExceededException',
  'DependencyTimeoutException',
  'KMSInternalException',
];

/** What KMS is asked, as JSON 1.1. */
interface KmsRequest {
  readonly KeyId: string;
  readonly EncryptionContext: KeyContext;
  readonly Plaintext?: string;
  readonly CiphertextBlob?: string;
}

type Answer = Readonly<Partial<Record<'KeyId' | 'Plaintext' | 'CiphertextBlob' | '__type', unknown>>>;

/**
 * KMS keeps the wrapping key and never gives it away: it is sent 32 bytes to seal, with what they are for as encryption
 * context. The row keeps the ARN that KMS answers, so what an older key sealed is opened by that one.
 */
export function kmsProvider(options: KmsOptions): KeyProvider {
  return {
    name: 'aws-kms',
    async wrap(dataKey, context) {
      const { keyId } = options;
      const answer = await call(options, context, 'Encrypt', {
        KeyId: keyId,
        Plaintext: dataKey.toString('base64'),
      });
      const { KeyId, CiphertextBlob } = answer;
      if (typeof KeyId !== 'string' || typeof CiphertextBlob !== 'string') throw unreadable(context);
      return { keyVersion: KeyId, wrapped: Buffer.from(CiphertextBlob, 'base64') };
    },
    async unwrap({ keyVersion, wrapped }, context) {
      const answer = await call(options, context, 'Decrypt', {
        KeyId: keyVersion,
        CiphertextBlob: wrapped.toString('base64'),
      });
      const plain =
        typeof answer.Plaintext === 'string' ? Buffer.from(answer.Plaintext, 'base64') : undefined;
      if (plain?.length !== KEY_BYTES) throw unreadable(context);
      return plain;
    },
  };
}

async function call(
  options: KmsOptions,
  context: KeyContext,
  action: 'Encrypt' | 'Decrypt',
  what: Omit<KmsRequest, 'EncryptionContext'>,
): Promise<Answer> {
  const body = JSON.stringify({ ...what, EncryptionContext: context } satisfies KmsRequest);
  const { retryMs = 200 } = options;
  let why = '';
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    if (attempt > 1) await sleep(retryMs * 2 ** (attempt - 2));
    const result = await tryOnce(options, action, body);
    if ('answer' in result) return result.answer;
    why = result.why;
    if (!result.passing) {
      throw keyUnopenable(context, `KMS refuses ${action} with key ${what.KeyId}: ${why}; ${remedyOf(why)}`);
    }
  }
  throw new Failure(
    'unavailable',
    'key_provider_unreachable',
    `${nameOf(context)} needs KMS at ${endpointOf(options)}, which does not answer (${why}): check KMS_ENDPOINT, KMS_REGION ` +
      'and the network',
  );
}

/** @returns what KMS answered, or why not and whether that may pass */
async function tryOnce(
  options: KmsOptions,
  action: string,
  body: string,
): Promise<{ answer: Answer } | { why: string; passing: boolean }> {
  const { region, accessKeyId, secretAccessKey, deadlineMs = 3_000 } = options;
  const signal = AbortSignal.timeout(deadlineMs);
  try {
    const headers = {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `TrentService.${action}`,
    };
    const request = { method: 'POST', url: endpointOf(options), headers, body };
    const signed = await new AwsV4Signer({
      ...request,
      region,
      accessKeyId,
      secretAccessKey,
      service: 'kms',
    }).sign();
    const response = await fetch(signed.url, {
      ...request,
      headers: signed.headers,
      redirect: 'error',
      signal,
    });
    const answer = await readAnswer(response);
    if (response.ok && answer) return { answer };
    const why = typeOf(answer) ?? `HTTP ${response.status}`;
    return {
      why,
      passing: response.ok || response.status >= 500 || response.status === 429 || PASSING.includes(why),
    };
  } catch {
    return { why: signal.aborted ? `silent for ${deadlineMs} ms` : 'no connection', passing: true };
  }
}

/** KMS answers a few hundred bytes. */
async function readAnswer(response: Response): Promise<Answer | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX) return undefined;
    chunks.push(chunk);
  }
  try {
    const answer: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    return typeof answer === 'object' && answer !== null ? answer : undefined;
  } catch {
    return undefined;
  }
}

/** The name of an error; its text stays out of ours. */
function typeOf(answer: Answer | undefined): string | undefined {
  return typeof answer?.__type === 'string' ? /(?:^|#)(\w{1,80})$/.exec(answer.__type)?.[1] : undefined;
}

function remedyOf(type: string): string {
  if (/Disabled|InvalidState|NotFound/.test(type)) return 'enable or restore that key in KMS';
  if (/InvalidCiphertext|IncorrectKey/.test(type))
    return 'the row was altered, or belongs to another service';
  return 'check KMS_ACCESS_KEY_ID, KMS_SECRET_ACCESS_KEY, KMS_KEY_ID and the policy of the key';
}

function endpointOf({ endpoint, region }: KmsOptions): string {
  return endpoint ?? `https://kms.${region}.amazonaws.com/`;
}

function unreadable(context: KeyContext): Failure {
  return new Failure(
    'unavailable',
    'key_provider_unreachable',
    `${nameOf(context)}: what answers at KMS_ENDPOINT does not speak the wire form of KMS`,
  );
}
