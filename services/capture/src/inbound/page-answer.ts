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

/** What is just coming up should not be asked by everybody at once. */
const unavailableSeconds = 5;

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
    readonly retryAfterSeconds?: number | undefined;
  },
): FastifyReply {
  const takesGzip = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
  if (takesGzip) reply.header('content-encoding', 'gzip');
  // People read, and press again when they like; programs are told.
  const again = answer.retryAfterSeconds ?? (answer.status === 503 ? unavailableSeconds : undefined);
  if (again !== undefined) reply.header('retry-after', again);
  return reply
    .code(answer.status)
    .headers({ ...pageHeaders, ...answer.headers, 'content-security-policy': answer.policy })
    .send(bodyOf(answer.pieces, takesGzip));
}
