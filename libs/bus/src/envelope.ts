import { headers, type MsgHdrs } from '@nats-io/nats-core';
import { type Context, propagation, ROOT_CONTEXT } from '@opentelemetry/api';
import type { EventType } from '@selfsame/contracts/catalog';

/** What travels beside the payload: W3C trace context and when it was published. The id has a NATS header of its own. */
export type EventHeaders = Record<string, string>;

export const idHeader = 'Nats-Msg-Id';
const publishedAtHeader = 'selfsame-published-at';

/** Events are facts, not files; every server of ours takes this much with headers (`connect.ts` refuses one that does not). */
const maxEventBytes = 128 * 1024;

/** @throws Error when the message is too large to ever be published */
export function encodeMessage<Message>(event: EventType<Message>, message: Message): Buffer {
  const { buffer, byteOffset, byteLength } = event.codec.encode(message).finish();
  if (byteLength > maxEventBytes)
    throw new Error(`${event.name}: ${byteLength} bytes, at most ${maxEventBytes}`);
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** Headers of an event that happens now, as a part of the trace of `publisher`. */
export function writeHeaders(publisher: Context): EventHeaders {
  const written: EventHeaders = { [publishedAtHeader]: new Date().toISOString() };
  propagation.inject(publisher, written);
  return written;
}

/** Stored headers as NATS wants them. */
export function toNatsHeaders(stored: EventHeaders, id: string): MsgHdrs {
  const natsHeaders = headers();
  for (const [name, value] of Object.entries(stored)) natsHeaders.set(name, value);
  natsHeaders.set(idHeader, id);
  return natsHeaders;
}

/** NATS headers as they are stored. */
export function recordOf(delivered: MsgHdrs | undefined): EventHeaders {
  const read: EventHeaders = {};
  for (const name of delivered?.keys() ?? []) read[name] = delivered?.get(name) ?? '';
  return read;
}

/** What a message says about itself. Foreign messages may lack everything. */
export function readHeaders(read: EventHeaders): { id: string; publishedAt: Date; publisher: Context } {
  const publishedAt = new Date(read[publishedAtHeader] ?? '');
  return {
    id: read[idHeader] ?? '',
    publishedAt: Number.isNaN(publishedAt.getTime()) ? new Date() : publishedAt,
    publisher: propagation.extract(ROOT_CONTEXT, read),
  };
}
