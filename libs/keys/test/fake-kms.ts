import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  randomBytes,
  randomUUID,
  timingSafeEqual,
} from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Key {
  readonly arn: string;
  readonly material: Buffer;
  isEnabled: boolean;
  mayDecrypt: boolean;
}

/** What a caller sent, and what came of it. */
interface Call {
  readonly action: string;
  readonly encryptionContext: Record<string, string>;
  readonly outcome: string;
}

/** KMS over HTTP as its public wire form has it, with keys in memory. */
export interface FakeKms {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly calls: Call[];
  /** @returns the key's ARN */
  createKey(): string;
  setEnabled(arn: string, isEnabled: boolean): void;
  /** The caller's policy allows Encrypt alone. */
  denyDecrypt(arn: string): void;
  /** The next calls fail: `throttle` and `break` are answered, `hang` is not. */
  misbehave(how: 'throttle' | 'break' | 'hang', times: number): void;
  close(): Promise<void>;
}

class Refusal extends Error {}

const region = 'eu-test-1';
const SKEW_MS = 5 * 60_000;

/** Starts one. Signatures are checked here with node:crypto alone, not with the library that makes them. */
export async function startFakeKms(): Promise<FakeKms> {
  const accessKeyId = `AKIA${randomBytes(8).toString('hex').toUpperCase()}`;
  const secretAccessKey = randomBytes(30).toString('base64');
  const keys = new Map<string, Key>();
  const calls: Call[] = [];
  const misbehaviour: ('throttle' | 'break' | 'hang')[] = [];

  function usable(id: unknown): Key {
    const key = typeof id === 'string' ? keys.get(id) : undefined;
    if (!key) throw new Refusal('NotFoundException');
    if (!key.isEnabled) throw new Refusal('DisabledException');
    return key;
  }

  function encrypt({ KeyId, Plaintext, EncryptionContext }: Record<string, unknown>): object {
    const { arn, material } = usable(KeyId);
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', material, nonce);
    cipher.setAAD(canonicalContext(EncryptionContext));
    const body = Buffer.concat([cipher.update(Buffer.from(String(Plaintext), 'base64')), cipher.final()]);
    const blob = Buffer.concat([Buffer.from(`${arn}\n`), nonce, cipher.getAuthTag(), body]);
    return { KeyId: arn, CiphertextBlob: blob.toString('base64'), EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
  }

  function decrypt({ KeyId, CiphertextBlob, EncryptionContext }: Record<string, unknown>): object {
    const blob = Buffer.from(String(CiphertextBlob), 'base64');
    const end = blob.indexOf('\n');
    const arn = blob.subarray(0, Math.max(end, 0)).toString();
    if (!keys.has(arn)) throw new Refusal('InvalidCiphertextException');
    if (KeyId !== undefined && KeyId !== arn) throw new Refusal('IncorrectKeyException');
    const { material, mayDecrypt } = usable(arn);
    if (!mayDecrypt) throw new Refusal('AccessDeniedException');
    const bytes = blob.subarray(end + 1);
    const decipher = createDecipheriv('aes-256-gcm', material, bytes.subarray(0, 12), { authTagLength: 16 });
    decipher.setAAD(canonicalContext(EncryptionContext));
    decipher.setAuthTag(bytes.subarray(12, 28));
    try {
      const plain = Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]);
      return { KeyId: arn, Plaintext: plain.toString('base64'), EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
    } catch {
      throw new Refusal('InvalidCiphertextException');
    }
  }

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const action = String(request.headers['x-amz-target']).replace('TrentService.', '');
    const answer = (status: number, content: object, outcome: string) => {
      calls.push({ action, encryptionContext: contextOf(body), outcome });
      response
        .writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
        .end(JSON.stringify(content));
    };
    const how = misbehaviour.shift();
    if (how === 'hang') return;
    if (how === 'throttle')
      return answer(400, { __type: 'ThrottlingException', message: 'Rate exceeded' }, how);
    if (how === 'break') return answer(500, { __type: 'KMSInternalException' }, how);
    try {
      requireSignature(request, body, { accessKeyId, secretAccessKey });
      if (action !== 'Encrypt' && action !== 'Decrypt') throw new Refusal('UnknownOperationException');
      const asked = JSON.parse(body.toString('utf8'));
      answer(200, action === 'Encrypt' ? encrypt(asked) : decrypt(asked), 'done');
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      answer(400, { __type: error.message, message: 'refused' }, error.message);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  return {
    endpoint: `http://127.0.0.1:${port}`,
    region,
    accessKeyId,
    secretAccessKey,
    calls,
    createKey() {
      const arn = `arn:aws:kms:${region}:000000000000:key/${randomUUID()}`;
      keys.set(arn, { arn, material: randomBytes(32), isEnabled: true, mayDecrypt: true });
      return arn;
    },
    setEnabled(arn, isEnabled) {
      const key = keys.get(arn);
      if (key) key.isEnabled = isEnabled;
    },
    denyDecrypt(arn) {
      const key = keys.get(arn);
      if (key) key.mayDecrypt = false;
    },
    misbehave(how, times) {
      misbehaviour.push(...Array.from({ length: times }, () => how));
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Signature version 4, in the steps of its documentation. */
function requireSignature(
  request: IncomingMessage,
  body: Buffer,
  credentials: { accessKeyId: string; secretAccessKey: string },
): void {
  const { headers } = request;
  const authorization = headers.authorization ?? '';
  const pattern =
    /^AWS4-HMAC-SHA256 Credential=(\w+)\/(\d{8})\/([\w-]+)\/kms\/aws4_request, SignedHeaders=([\w;-]+), Signature=([0-9a-f]{64})$/;
  const [, id, date = '', signedRegion, signedHeaders = '', signature = ''] =
    pattern.exec(authorization) ?? [];
  if (id !== credentials.accessKeyId) throw new Refusal('UnrecognizedClientException');
  const stamp = String(headers['x-amz-date']);
  const at = Date.parse(stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  const names = signedHeaders.split(';');
  const covered = ['host', 'x-amz-date', 'x-amz-target'].every((name) => names.includes(name));
  if (
    !covered ||
    signedRegion !== region ||
    !stamp.startsWith(date) ||
    !(Math.abs(Date.now() - at) < SKEW_MS)
  ) {
    throw new Refusal('InvalidSignatureException');
  }
  const url = new URL(request.url ?? '/', 'http://kms');
  const canonical = [
    request.method,
    url.pathname,
    '',
    ...names.map((name) => `${name}:${String(headers[name]).trim()}`),
    '',
    signedHeaders,
    createHash('sha256').update(body).digest('hex'),
  ].join('\n');
  const scope = `${date}/${signedRegion}/kms/aws4_request`;
  const toSign = [
    'AWS4-HMAC-SHA256',
    stamp,
    scope,
    createHash('sha256').update(canonical).digest('hex'),
  ].join('\n');
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const signingKey = [date, signedRegion, 'kms', 'aws4_request'].reduce<string | Buffer>(
    (key, part) => hmac(key, String(part)),
    `AWS4${credentials.secretAccessKey}`,
  );
  if (!timingSafeEqual(hmac(signingKey, toSign), Buffer.from(signature, 'hex'))) {
    throw new Refusal('InvalidSignatureException');
  }
}

function contextOf(body: Buffer): Record<string, string> {
  return JSON.parse(body.toString('utf8')).EncryptionContext ?? {};
}

/** Its order does not matter. */
function canonicalContext(context: unknown): Buffer {
  return Buffer.from(
    JSON.stringify(Object.entries((context ?? {}) as object).sort(([a], [b]) => (a < b ? -1 : 1))),
  );
}
