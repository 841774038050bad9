import type { SessionView } from '../../src/wire.ts';
import type { EndReason, Given } from './states.ts';
import type { Catalogue } from './texts/catalogue.ts';

/** What the server puts into the page as JSON, so that its first screen needs no further request. */
export interface PageData {
  /** The language that the page speaks. */
  readonly language: string;
  readonly texts: Catalogue;
  /** Null when it cannot be had. */
  readonly session: SessionView | null;
  /** Why it cannot; null when it is there. */
  readonly reason: EndReason | null;
}

/** Reads what the server has put into the page. */
export function readGiven(page: Document): { language: string; texts: Catalogue; given: Given | null } {
  const { language, texts, session, reason } = JSON.parse(
    page.getElementById('given')?.textContent ?? '',
  ) as PageData;
  if (session !== null) return { language, texts, given: { session } };
  return { language, texts, given: reason === null ? null : { reason } };
}
