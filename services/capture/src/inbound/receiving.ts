import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { DetailError } from '@selfsame/http/server';
import { Failure } from '@selfsame/runtime/errors';
import type { FastifyRequest } from 'fastify';
import { type Arrival, arrivedNow } from '../domain/arrival.ts';
import { clientOf } from '../domain/rate-limit.ts';
import type { KeptUploads, OpenUpload } from '../kept-uploads.ts';
import { bytesMax, contentTypeOf, numberIn } from './bodies.ts';
import { OffsetWrong } from './refusals.ts';
import { tokenDigest } from './token.ts';

/** The whole body of an attempt, in however many deliveries it came. */
export class ReceivedBody {
  readonly bytes: Buffer;
  readonly arrival: Arrival;

  constructor(bytes: Buffer, arrival: Arrival) {
    this.bytes = bytes;
    this.arrival = arrival;
  }
}

/** Where the bytes of a request go, one after the other. */
type Delivery = Pick<OpenUpload, 'bytes' | 'offset' | 'length'>;

/** Room for a delivery at its start: what a link brings at once. */
const firstRoomBytes = 65_536;

const noBytes = Buffer.alloc(0);

/** `sha-256` of a Content-Digest header (RFC 9530): 32 bytes as base64. */
const digestForm = /(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):/;

/**
 * Parser for bodies of attempts. A POST with `content-digest` and `content-length` can go on by PATCH after its connection
 * broke; one without is gone with its connection. The digest is checked over the whole body.
 * @param begunAt when this request began
 * @throws Failure `upload_damaged`; OffsetWrong; DetailError 413 and 400
 */
export async function receiveBody(
  request: FastifyRequest,
  payload: Readable,
  { kept, begunAt }: { kept: KeptUploads; begunAt: Date },
): Promise<ReceivedBody> {
  const most = bytesMax(request);
  const announced = numberIn(request.headers['content-length']);
  if ((announced ?? 0) > most) throw new DetailError(413, 'The picture is too large.');
  const digest = digestOf(request);
  if (request.method === 'PATCH') return await goOn(request, payload, kept);
  if (digest === undefined || announced === undefined) {
    const delivery: Delivery = { bytes: noBytes, offset: 0, length: most };
    await deliver(payload, delivery, () => new DetailError(413, 'The picture is too large.'));
    return whole(delivery, digest, begunAt);
  }
  const { session, attemptId } = placeOf(request);
  const upload: OpenUpload = {
    session,
    attemptId,
    client: clientOf(request.ip),
    length: announced,
    digest,
    contentType: contentTypeOf(request),
    begunAt,
    bytes: noBytes,
    offset: 0,
    cut: null,
  };
  return await deliverKept(payload, upload, kept);
}

/** The names of an upload that a request is about. */
export function placeOf(request: FastifyRequest): Pick<OpenUpload, 'session' | 'attemptId'> {
  const { token, attempt_id } = request.params as { token: string; attempt_id: string };
  return { session: tokenDigest(token).toString('base64'), attemptId: attempt_id.toLowerCase() };
}

async function goOn(request: FastifyRequest, payload: Readable, kept: KeptUploads): Promise<ReceivedBody> {
  const offset = numberIn(request.headers['upload-offset']);
  const length = numberIn(request.headers['upload-length']);
  const digest = digestOf(request);
  if (offset === undefined || length === undefined || digest === undefined) {
    throw new DetailError(400, 'Upload-Offset, Upload-Length and Content-Digest are needed.');
  }
  const upload = kept.interrupt(placeOf(request));
  if (upload === undefined || upload.digest !== digest) throw new OffsetWrong(0);
  const announced = numberIn(request.headers['content-length']) ?? length - offset;
  const isAsBefore = length === upload.length && contentTypeOf(request) === upload.contentType;
  if (!isAsBefore || offset + announced !== length) {
    kept.drop(upload);
    throw damaged();
  }
  if (offset !== upload.offset) throw new OffsetWrong(upload.offset);
  return await deliverKept(payload, upload, kept);
}

async function deliverKept(payload: Readable, upload: OpenUpload, kept: KeptUploads): Promise<ReceivedBody> {
  const cut = () =>
    void payload.destroy(new DetailError(408, 'This delivery was taken over by another one.'));
  upload.cut = cut;
  kept.begin(upload);
  try {
    await deliver(payload, upload, damaged);
  } catch (error) {
    // Another delivery may have taken over; a lie is not kept.
    if (error instanceof Failure) kept.drop(upload);
    else if (upload.cut === cut) kept.rest(upload);
    throw error;
  }
  kept.drop(upload);
  if (upload.offset !== upload.length) throw damaged();
  return whole(upload, upload.digest, upload.begunAt);
}

/**
 * Brings the bytes of a payload in; more than there may be are `tooMany`. They are copied, since a sender may cut its bytes
 * so small that every piece of its own would take hundreds of times its size.
 */
async function deliver(payload: Readable, delivery: Delivery, tooMany: () => Error): Promise<void> {
  try {
    for await (const chunk of payload as AsyncIterable<Buffer>) {
      if (delivery.offset + chunk.length > delivery.length) throw tooMany();
      makeRoom(delivery, chunk.length);
      delivery.offset += chunk.copy(delivery.bytes, delivery.offset);
    }
  } catch (error) {
    if (error instanceof Failure || error instanceof DetailError) throw error;
    throw new DetailError(400, 'The connection broke.');
  }
}

/** Room grows with what has come, so that nobody takes memory by announcing. */
function makeRoom(delivery: Delivery, more: number): void {
  const needed = delivery.offset + more;
  if (needed <= delivery.bytes.length) return;
  const room = Math.max(needed, 2 * delivery.bytes.length, firstRoomBytes);
  const grown = Buffer.allocUnsafeSlow(Math.min(room, delivery.length));
  delivery.bytes.copy(grown, 0, 0, delivery.offset);
  delivery.bytes = grown;
}

function whole(delivery: Delivery, digest: string | undefined, begunAt: Date): ReceivedBody {
  const arrival = arrivedNow(begunAt);
  const bytes = delivery.bytes.subarray(0, delivery.offset);
  if (digest !== undefined && createHash('sha256').update(bytes).digest('base64') !== digest) throw damaged();
  return new ReceivedBody(bytes, arrival);
}

/** @throws DetailError 400 for a Content-Digest without a readable SHA-256 */
function digestOf(request: FastifyRequest): string | undefined {
  const header = request.headers['content-digest'];
  if (header === undefined) return undefined;
  const digest = digestForm.exec(String(header))?.[1];
  if (digest === undefined) throw new DetailError(400, 'Content-Digest must hold a sha-256.');
  return digest;
}

function damaged(): Failure {
  return new Failure('invalid', 'upload_damaged', 'The bytes that came are not those that were announced.');
}
