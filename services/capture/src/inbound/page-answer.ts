import { DetailError } from '@selfsame/http/server';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Piece } from '../domain/gzip-pieces.ts';
import { bodyOf } from './page-html.ts';

/** Of every page whose address holds a token. */
const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-robots-tag': 'noindex, nofollow',
};

/** Two or three letters and perhaps a region: the languages of the public contract and their like. */
const languageCode = /^[A-Za-z]{2,3}(-[A-Za-z]{2,4})?$/;

/** The language that the link names; empty: none. @throws DetailError 404 when it names something else */
export function askedLanguage(request: FastifyRequest): string {
  const { language = '' } = request.params as { language?: string };
  if (language !== '' && !languageCode.test(language)) throw new DetailError(404, 'Not found.');
  return language;
}

/** Sends a page, compressed where the client takes it. */
export function sendPage(
  request: FastifyRequest,
  reply: FastifyReply,
  answer: {
    readonly status: number;
    readonly policy: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly pieces: readonly Piece[];
  },
): FastifyReply {
  const takesGzip = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
  if (takesGzip) reply.header('content-encoding', 'gzip');
  return reply
    .code(answer.status)
    .headers({ ...pageHeaders, ...answer.headers, 'content-security-policy': answer.policy })
    .send(bodyOf(answer.pieces, takesGzip));
}
