import type { HostedSession } from '@selfsame/contracts/session/v1/service';
import { DetailError, type HttpServer } from '@selfsame/http/server';
import { Failure } from '@selfsame/runtime/errors';
import { createCounter } from '@selfsame/runtime/metrics';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { PageSession } from '../../page/src/given.ts';
import type { EndReason } from '../../page/src/states.ts';
import { createSay } from '../../page/src/texts/catalogue.ts';
import { catalogues } from '../../page/src/texts/catalogues.ts';
import { type Language, nearestLanguage } from '../../page/src/texts/language.ts';
import type { Context } from '../context.ts';
import { acceptedLanguages } from '../domain/accepted-languages.ts';
import { appearanceCss } from '../domain/appearance.ts';
import { contentPolicy } from '../domain/content-policy.ts';
import { askedHints } from '../domain/http-facts.ts';
import type { Page } from '../outbound/page-files.ts';
import { readHosted, viewOf } from '../sessions.ts';
import type { Admission } from './admission.ts';
import { askedLanguage, sendPage } from './page-answer.ts';
import { createPageHtml, type PageWords } from './page-html.ts';
import { TooMany } from './refusals.ts';
import { isTokenShaped, tokenDigest } from './token.ts';

const pageHeaders = {
  'permissions-policy': 'camera=(self), microphone=(), geolocation=()',
  // What its calls tell of the browser beside what browsers tell unasked.
  'accept-ch': askedHints,
};

async function wordsIn(language: Language): Promise<PageWords> {
  const texts = await catalogues[language]();
  const say = createSay(texts, language);
  return { title: say('page_title'), noscript: say('no_script'), texts };
}

const pages = createCounter(
  'selfsame_capture_pages_total',
  'Hosted pages that were sent, by what they say.',
  ['outcome'],
);
const outcomes = { 200: 'session', 404: 'unknown', 410: 'expired', 429: 'busy', 503: 'unavailable' } as const;

/** The hosted page and its files. */
export async function pageFiles(
  api: HttpServer,
  context: Context,
  admission: Admission,
  page: Page,
): Promise<void> {
  const html = createPageHtml(page.html, 'session', wordsIn);

  const answer = async (request: FastifyRequest, reply: FastifyReply) => {
    const asked = askedLanguage(request);
    const found = await find(request, context, admission);
    pages.add({ outcome: outcomes[found.status] });
    const hosted = 'hosted' in found ? found.hosted : undefined;
    const { appearance } = hosted ?? {};
    const given: PageSession = {
      session: hosted === undefined ? null : viewOf(hosted),
      reason: 'reason' in found ? found.reason : null,
    };
    const { pieces, styles } = await html.compose({
      language: nearestLanguage([
        asked,
        hosted?.language ?? '',
        ...acceptedLanguages(request.headers['accept-language'] ?? ''),
      ]),
      css: appearance === undefined ? '' : appearanceCss(appearance),
      icon: appearance?.faviconUrl ?? '',
      given,
    });
    const policy = contentPolicy({
      scripts: html.scripts,
      styles,
      host: request.host,
      isSecure: request.protocol === 'https',
      ancestors: hosted?.allowedOrigins ?? [],
    });
    const retryAfterSeconds = 'retryAfterSeconds' in found ? found.retryAfterSeconds : undefined;
    return sendPage(request, reply, {
      status: found.status,
      policy,
      headers: pageHeaders,
      pieces,
      retryAfterSeconds,
    });
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
  | { readonly status: 404 | 429 | 503; readonly reason: EndReason; readonly retryAfterSeconds?: number };

async function find(request: FastifyRequest, context: Context, admission: Admission): Promise<Found> {
  try {
    admission.admitClient(request);
    const { token } = request.params as { token: string };
    if (!isTokenShaped(token)) return { status: 404, reason: 'unknown' };
    const hosted = await readHosted(context, tokenDigest(token));
    return { status: viewOf(hosted).phase === 'expired' ? 410 : 200, hosted };
  } catch (error) {
    if (error instanceof TooMany)
      return { status: 429, reason: 'busy', retryAfterSeconds: error.retryAfterSeconds };
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
