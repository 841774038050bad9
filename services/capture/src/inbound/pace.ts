import { PassThrough, type Readable } from 'node:stream';
import { DetailError } from '@selfsame/http/server';
import type { FastifyReply, FastifyRequest } from 'fastify';

/**
 * preParsing hook: a body that has not arrived whole after `timeoutMs` is answered 408 and its connection closed, so
 * that a slow sender cannot sit on a slot.
 */
export function arrivesWithin(timeoutMs: number) {
  return async (_request: FastifyRequest, reply: FastifyReply, payload: Readable): Promise<Readable> => {
    // Between the request and its parser: destroying the request itself would take the answer with it.
    const body = new PassThrough();
    const timer = setTimeout(() => {
      payload.unpipe(body);
      reply.header('connection', 'close');
      body.destroy(new DetailError(408, 'The picture took too long to arrive.'));
    }, timeoutMs);
    const ended = () => clearTimeout(timer);
    payload.once('end', ended).once('close', ended);
    payload.once('error', (error) => body.destroy(error));
    return payload.pipe(body);
  };
}
