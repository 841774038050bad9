import type { HostedConsent } from '@selfsame/contracts/share/v1/service';
import type { HttpServer } from '@selfsame/http/server';
import { Failure } from '@selfsame/runtime/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ConsentEnd, PageConsent } from '../../page/consent/given.ts';
import { consentCatalogue } from '../../page/consent/texts/catalogues.ts';
import { createSay } from '../../page/src/texts/catalogue.ts';
import { type Language, nearestLanguage } from '../../page/src/texts/language.ts';
import { consentViewOf, readConsent, type WantedLanguages } from '../consents.ts';
import type { Context } from '../context.ts';
import { acceptedLanguages } from '../domain/accepted-languages.ts';
import { appearanceCss } from '../domain/appearance.ts';
import { bindingPolicy } from '../domain/content-policy.ts';
import type { Page } from '../outbound/page-files.ts';
import type { Admission } from './admission.ts';
import { askedLanguage, sendPage } from './page-answer.ts';
import { createPageHtml, type PageWords } from './page-html.ts';
import { TooMany } from './refusals.ts';
import { isTokenShaped, tokenDigest } from './token.ts';

const pageHeaders = {
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
  // Whoever has opened the window shall not move it under a press that was meant for another one.
  'cross-origin-opener-policy': 'same-origin',
};

async function wordsIn(language: Language): Promise<PageWords> {
  const texts = await consentCatalogue(language);
  const say = createSay(texts, language);
  return { title: say('page_title'), noscript: say('no_script'), texts };
}

/** The page on which a person agrees that a result is shared: one document, its words and its consent in it. */
export async function consentPage(
  api: HttpServer,
  context: Context,
  admission: Admission,
  page: Page,
): Promise<void> {
  const html = createPageHtml(page.consentHtml, 'consent', wordsIn);

  const answer = async (request: FastifyRequest, reply: FastifyReply) => {
    const wanted = wantedLanguages(request, askedLanguage(request));
    const found = await find(request, context, admission, wanted);
    const hosted = 'hosted' in found ? found.hosted : undefined;
    const { appearance } = hosted ?? {};
    const given: PageConsent = {
      consent: hosted === undefined ? null : consentViewOf(hosted),
      reason: 'reason' in found ? found.reason : null,
    };
    const { pieces, styles } = await html.compose({
      // The page speaks as the text does.
      language: nearestLanguage([hosted?.language ?? '', wanted.asked, ...wanted.accepted]),
      css: appearance === undefined ? '' : appearanceCss(appearance),
      icon: appearance?.faviconUrl ?? '',
      given,
    });
    const policy = bindingPolicy({ scripts: html.scripts, styles });
    const retryAfterSeconds = 'retryAfterSeconds' in found ? found.retryAfterSeconds : undefined;
    return sendPage(request, reply, {
      status: found.status,
      policy,
      headers: pageHeaders,
      pieces,
      retryAfterSeconds,
    });
  };
  for (const route of ['/consent/:token', '/consent/:token/']) {
    api.get(route, answer);
    api.get(`/:language${route}`, answer);
  }
}

/** What the link and the browser say; a reader of a language that nobody here speaks has its relative last. */
export function wantedLanguages(request: FastifyRequest, asked: string): WantedLanguages {
  const accepted = acceptedLanguages(request.headers['accept-language'] ?? '');
  return { asked, accepted: [...accepted, nearestLanguage([asked, ...accepted])] };
}

/** The consent behind the link, or why there is none; the status tells machines what the page tells people. */
type Found =
  | { readonly status: 200 | 410; readonly hosted: HostedConsent }
  | { readonly status: 404 | 429 | 503; readonly reason: ConsentEnd; readonly retryAfterSeconds?: number };

async function find(
  request: FastifyRequest,
  context: Context,
  admission: Admission,
  languages: WantedLanguages,
): Promise<Found> {
  try {
    admission.admitClient(request);
    const { token } = request.params as { token: string };
    if (!isTokenShaped(token)) return { status: 404, reason: 'unknown' };
    const hosted = await readConsent(context, tokenDigest(token), languages);
    return { status: consentViewOf(hosted).status === 'expired' ? 410 : 200, hosted };
  } catch (error) {
    if (error instanceof TooMany)
      return { status: 429, reason: 'busy', retryAfterSeconds: error.retryAfterSeconds };
    if (error instanceof Failure && error.kind === 'not_found') {
      admission.countUnknown(request);
      return { status: 404, reason: 'unknown' };
    }
    request.log.warn({ err: error }, 'the consent behind the page could not be read');
    return { status: 503, reason: 'unavailable' };
  }
}
