import type { SessionPath } from './client.ts';

/** Where the page is: its session, and the language of the link ('' when it names none). */
export interface Place {
  readonly path: SessionPath;
  readonly language: string;
}

/** Reads `/session/{token}` and `/{language}/session/{token}`; null for anything else. */
export function placeOf(pathname: string): Place | null {
  const match = /^(?:\/([A-Za-z-]{2,8}))?\/session\/([A-Za-z0-9_-]+)\/?$/.exec(pathname);
  return match === null ? null : { language: match[1] ?? '', path: `/session/${match[2]}` as SessionPath };
}
