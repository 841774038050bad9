import type { SessionView } from '../../src/wire.ts';
import type { EndReason, Given } from './states.ts';
import type { Catalogue } from './texts/catalogue.ts';

/** The words of the page, which the server puts into it as JSON under the id `texts`. */
export interface PageTexts {
  /** The language that they are in. */
  readonly language: string;
  readonly texts: Catalogue;
}

/** The session, which the server puts into the page as JSON under the id `session`. */
export interface PageSession {
  /** Null when it cannot be had. */
  readonly session: SessionView | null;
  /** Why it cannot; null when it is there. */
  readonly reason: EndReason | null;
}

/** Reads what the server has put into the page, so that its first screen needs no further request. */
export function readGiven(page: Document): PageTexts & { given: Given | null } {
  const { session, reason } = json<PageSession>(page, 'session');
  const texts = json<PageTexts>(page, 'texts');
  if (session !== null) return { ...texts, given: { session } };
  return { ...texts, given: reason === null ? null : { reason } };
}

function json<T>(page: Document, id: string): T {
  return JSON.parse(page.getElementById(id)?.textContent ?? '') as T;
}
