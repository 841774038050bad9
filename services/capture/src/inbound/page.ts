import type { HostedSession } from '@selfsame/contracts/session/v1/service';
import { DetailError, type HttpServer } from '@selfsame/http/server';
import { Failure } from '@selfsame/runtime/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { EndReason } from '../../page/src/states.ts';
import { nearestLanguage } from '../../page/src/texts/language.ts';
import type { Context } from '../context.ts';
import { acceptedLanguages } from '../domain/accepted-languages.ts';
import { appearanceCss } from '../domain/appearance.ts';
import { contentPolicy } from '../domain/content-policy.ts';
import { askedHints } from '../domain/http-facts.ts';
import type { Page } from '../outbound/page-files.ts';
import { readHosted, viewOf } from '../sessions.ts';
import type { Admission } from './admission.ts';
import { bodyOf, createPageHtml } from './page-html.ts';
import { TooMany } from './refusals.ts';
import { isTokenShaped, tokenDigest } from './token.ts';

const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'permissions-policy': 'camera=(self), microphone=(), geolocation=()',
  // The token is in the address.
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-robots-tag': 'noindex, nofollow',
  // What its calls tell of the browser beside what browsers tell unasked.
  'accept-ch': askedHints,
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
  const html = createPageHtml(page.html);

  const answer = async (request: FastifyRequest, reply: FastifyReply) => {
    const { language: asked = '' } = request.params as { language?: string };
    if (asked !== '' && !languageCode.test(asked)) throw new DetailError(404, 'Not found.');
    const found = await find(request, context, admission);
    const hosted = 'hosted' in found ? found.hosted : undefined;
    const { appearance } = hosted ?? {};
    const { pieces, styles } = await html.compose({
      language: nearestLanguage([
        asked,
        hosted?.language ?? '',
        ...acceptedLanguages(request.headers['accept-language'] ?? ''),
      ]),
      css: appearance === undefined ? '' : appearanceCss(appearance),
      icon: appearance?.faviconUrl ?? '',
      session: hosted === undefined ? null : viewOf(hosted),
      reason: 'reason' in found ? found.reason : null,
    });
    const policy = contentPolicy({
      scripts: html.scripts,
      styles,
      host: request.host,
      isSecure: request.protocol === 'https',
      ancestors: hosted?.allowedOrigins ?? [],
    });
    const takesGzip = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
    if (takesGzip) reply.header('content-encoding', 'gzip');
    return reply
      .code(found.status)
      .headers({ ...pageHeaders, 'content-security-policy': policy })
      .send(bodyOf(pieces, takesGzip));
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

/** The session behind the link, or why there is none; the status tells machines what the page tells people. */
type Found =
  | { readonly status: 200 | 410; readonly hosted: HostedSession }
  | { readonly status: 404 | 429 | 503; readonly reason: EndReason };

async function find(request: FastifyRequest, context: Context, admission: Admission): Promise<Found> {
  try {
    admission.admitClient(request);
    const { token } = request.params as { token: string };
    if (!isTokenShaped(token)) return { status: 404, reason: 'unknown' };
    const hosted = await readHosted(context, tokenDigest(token));
    return { status: viewOf(hosted).phase === 'expired' ? 410 : 200, hosted };
  } catch (error) {
    if (error instanceof TooMany) return { status: 429, reason: 'busy' };
    if (error instanceof Failure && error.kind === 'not_found') {
      admission.countUnknown(request);
      return { status: 404, reason: 'unknown' };
    }
    request.log.warn({ err: error }, 'the session behind the page could not be read');
    return { status: 503, reason: 'unavailable' };
  }
}

function bestEncoding(accepted: string): 'br' | 'gzip' | 'identity' {
  if (/\bbr\b/.test(accepted)) return 'br';
  return /\bgzip\b/.test(accepted) ? 'gzip' : 'identity';
}
