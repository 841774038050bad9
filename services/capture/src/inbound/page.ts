import { DetailError, type HttpServer } from '@selfsame/http/server';
import { Failure } from '@selfsame/runtime/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Context } from '../context.ts';
import type { Page } from '../outbound/page-files.ts';
import { readSession } from '../sessions.ts';
import type { Admission } from './admission.ts';
import { TooMany } from './refusals.ts';
import { isTokenShaped, tokenDigest } from './token.ts';

/**
 * Own scripts, own styles, own pictures, nobody else's anything. Any site may embed the page, because applications
 * do; what it can do there is bounded by the token in its address.
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  'frame-ancestors *',
].join('; ');

const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': contentSecurityPolicy,
  'permissions-policy': 'camera=(self), microphone=(), geolocation=()',
  // The token is in the address.
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-robots-tag': 'noindex, nofollow',
};

/** Two or three letters and perhaps a region: the languages of the public contract and their like. */
const languageCode = /^[A-Za-z]{2,3}(-[A-Za-z]{2,4})?$/;

/** The hosted page and its files. */
export async function pageFiles(
  api: HttpServer,
  context: Context,
  admission: Admission,
  page: Page,
): Promise<void> {
  const answer = async (request: FastifyRequest, reply: FastifyReply) => {
    const { language } = request.params as { language?: string };
    if (language !== undefined && !languageCode.test(language)) throw new DetailError(404, 'Not found.');
    const status = await statusOf(request, context, admission);
    return reply.code(status).headers(pageHeaders).send(page.html);
  };
  for (const route of ['/session/:token', '/session/:token/']) {
    api.get(route, answer);
    api.get(`/:language${route}`, answer);
  }

  api.get('/capture-assets/:file', async (request, reply) => {
    const asset = page.assets.get((request.params as { file: string }).file);
    if (asset === undefined) throw new DetailError(404, 'Not found.');
    const encoding = bestEncoding(request.headers['accept-encoding'] ?? '');
    if (encoding !== 'identity') reply.header('content-encoding', encoding);
    return reply
      .headers({
        'content-type': asset.contentType,
        'cache-control': 'public, max-age=31536000, immutable',
        'x-content-type-options': 'nosniff',
        vary: 'accept-encoding',
      })
      .send(asset[encoding]);
  });
}

/** The page is the same for everybody; its status tells machines what the page tells people. */
async function statusOf(request: FastifyRequest, context: Context, admission: Admission): Promise<number> {
  try {
    admission.admitClient(request);
    const { token } = request.params as { token: string };
    if (!isTokenShaped(token)) return 404;
    const { phase } = await readSession(context, tokenDigest(token));
    return phase === 'expired' ? 410 : 200;
  } catch (error) {
    if (error instanceof TooMany) return 429;
    if (error instanceof Failure && error.kind === 'not_found') {
      admission.countUnknown(request);
      return 404;
    }
    request.log.warn({ err: error }, 'the session behind the page could not be read');
    return 503;
  }
}

function bestEncoding(accepted: string): 'br' | 'gzip' | 'identity' {
  if (/\bbr\b/.test(accepted)) return 'br';
  return /\bgzip\b/.test(accepted) ? 'gzip' : 'identity';
}
