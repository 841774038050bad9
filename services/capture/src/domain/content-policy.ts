/** What the page's policy depends on. */
export interface PolicyFacts {
  /** `sha256-…` of the script and of every style in the HTML. */
  readonly scripts: readonly string[];
  readonly styles: readonly string[];
  /** The page's own `host[:port]`: older Safari does not count a WebSocket there as its own. Others are left out. */
  readonly host: string;
  readonly isSecure: boolean;
  /** Origins that may embed the page; empty: any, because applications do, and the token bounds what it can do there. */
  readonly ancestors: readonly string[];
}

const hostForm = /^(\[[0-9a-f:]+\]|[a-z0-9.-]+)(:\d{1,5})?$/i;
const originForm = /^https?:\/\/(\[[0-9a-f:]+\]|(\*\.)?[a-z0-9.-]+)(:\d{1,5})?$/i;

/** Own scripts, own styles, own pictures, nobody else's anything. */
export function contentPolicy({ scripts, styles, host, isSecure, ancestors }: PolicyFacts): string {
  const socket = hostForm.test(host) ? ` ${isSecure ? 'wss' : 'ws'}://${host}` : '';
  const embedders = ancestors.length === 0 ? '*' : named(ancestors);
  return [
    "default-src 'none'",
    `script-src 'self'${quoted(scripts)}`,
    `style-src 'self'${quoted(styles)}`,
    "font-src 'self'",
    "img-src 'self' blob: data:",
    "media-src 'self' blob:",
    `connect-src 'self'${socket}`,
    "base-uri 'none'",
    "form-action 'none'",
    `frame-ancestors ${embedders}`,
  ].join('; ');
}

/**
 * Of a page on which a press binds somebody: no files of its own, and inside of no other page, whoever's. There a frame that
 * nobody sees could lure the press, and the record would call it evidence.
 */
export function bindingPolicy({ scripts, styles }: Pick<PolicyFacts, 'scripts' | 'styles'>): string {
  return [
    "default-src 'none'",
    `script-src${quoted(scripts)}`,
    `style-src${quoted(styles)}`,
    "font-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

const quoted = (hashes: readonly string[]) => hashes.map((hash) => ` '${hash}'`).join('');

/** Set but unreadable must not mean anyone. */
const named = (ancestors: readonly string[]) =>
  ["'self'", ...ancestors.filter((one) => originForm.test(one))].join(' ');
