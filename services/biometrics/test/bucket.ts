import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';

/** A bucket that speaks as much of the S3 protocol as we do, and checks Signature Version 4 by the specification alone. */
export interface Bucket {
  readonly endpoint: string;
  readonly objects: Map<string, Buffer>;
  readonly refused: string[];
  /** Answers this instead, for as many requests. */
  failNext(status: number, times: number): void;
  close(): Promise<void>;
}

export const credentials = { accessKeyId: 'AKIATEST', secretAccessKey: 'a secret that only two know' };
const region = 'eu-central-1';

export async function openBucket(): Promise<Bucket> {
  const objects = new Map<string, Buffer>();
  const refused: string[] = [];
  const failing = { status: 0, times: 0 };
  const server = createServer((request, response) => void answer(request, response));

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    if (failing.times > 0) {
      failing.times -= 1;
      return void response.writeHead(failing.status).end('<Error/>');
    }
    const mistake = mistakeIn(request, body);
    if (mistake !== null) {
      refused.push(mistake);
      return void response.writeHead(403).end(`<Error><Code>${mistake}</Code></Error>`);
    }
    const name = request.url ?? '';
    if (request.method === 'PUT') objects.set(name, body);
    if (request.method === 'DELETE') objects.delete(name);
    const found = objects.get(name);
    if (request.method === 'GET') response.writeHead(found ? 200 : 404).end(found ?? '<Error/>');
    else response.writeHead(request.method === 'PUT' ? 200 : 204).end();
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    objects,
    refused,
    failNext: (status, times) => void Object.assign(failing, { status, times }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** AWS General Reference, "Create a signed AWS API request". */
function mistakeIn({ method = '', url = '', headers }: IncomingMessage, body: Buffer): string | null {
  const form =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/;
  const [, id, day = '', at, signedHeaders = '', signature = ''] =
    form.exec(headers.authorization ?? '') ?? [];
  if (id !== credentials.accessKeyId || at !== region) return 'InvalidAccessKeyId';
  const time = String(headers['x-amz-date']);
  if (!time.startsWith(day)) return 'AuthorizationHeaderMalformed';
  const bodyDigest = createHash('sha256').update(body).digest('hex');
  if (headers['x-amz-content-sha256'] !== bodyDigest) return 'XAmzContentSHA256Mismatch';
  const names = signedHeaders.split(';');
  if (!['host', 'x-amz-content-sha256', 'x-amz-date'].every((name) => names.includes(name))) {
    return 'HeadersNotSigned';
  }
  const [path = '', query = ''] = url.split('?');
  const canonical = [
    method,
    path,
    query,
    ...names.map((name) => `${name}:${String(headers[name]).trim()}`),
    '',
    signedHeaders,
    bodyDigest,
  ].join('\n');
  const scope = `${day}/${region}/s3/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', time, scope, createHash('sha256').update(canonical).digest('hex')].join(
    '\n',
  );
  const key = [day, region, 's3', 'aws4_request'].reduce<Buffer>(
    (last, part) => createHmac('sha256', last).update(part).digest(),
    Buffer.from(`AWS4${credentials.secretAccessKey}`),
  );
  const wanted = createHmac('sha256', key).update(text).digest();
  return timingSafeEqual(wanted, Buffer.from(signature, 'hex')) ? null : 'SignatureDoesNotMatch';
}
