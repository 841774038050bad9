import type { ConsentView } from '../../src/consent-wire.ts';
import type { ConsentCatalogue } from './texts/catalogues.ts';

/** Why there is no consent to show. */
export type ConsentEnd = 'unknown' | 'unavailable' | 'busy';

/** The consent, which the server puts into the page as JSON under the id `consent`. */
export interface PageConsent {
  /** Null when it cannot be had. */
  readonly consent: ConsentView | null;
  /** Why it cannot; null when it is there. */
  readonly reason: ConsentEnd | null;
}

/** The words of the page, under the id `texts`. */
export interface ConsentTexts {
  /** The language that they are in. */
  readonly language: string;
  readonly texts: ConsentCatalogue;
}

/** Reads what the server has put into the page. */
export function readGiven(page: Document): ConsentTexts & PageConsent {
  return { ...json<ConsentTexts>(page, 'texts'), ...json<PageConsent>(page, 'consent') };
}

function json<T>(page: Document, id: string): T {
  return JSON.parse(page.getElementById(id)?.textContent ?? '') as T;
}
