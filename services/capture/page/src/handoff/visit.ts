/** One open page: told apart from the page on the other device, and from nothing else. */
export interface Visit {
  /** UUID; kept over a reload. */
  readonly id: string;
  /** The visit whose code brought this page here; null for a page that was opened by its link. */
  readonly from: string | null;
}

const form = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** This page's visit. The fragment `#from=` stays in the address, so that a reload is still a handed-over page. */
export function visitOf(path: string, hash: string = location.hash): Visit {
  const key = `visit ${path}`;
  const id = recall(key) ?? randomId();
  remember(key, id);
  const from = new URLSearchParams(hash.slice(1)).get('from');
  return { id, from: from !== null && form.test(from) && from !== id ? from : null };
}

/** The link that a code shows: this page's own, with its visit. The fragment never reaches a server. */
export function handoffLink(href: string, { id }: Visit): string {
  const url = new URL(href);
  url.hash = `from=${id}`;
  return url.href;
}

// An embedded page may be denied its storage; a reload is then another visit.
function recall(key: string): string | null {
  try {
    const id = sessionStorage.getItem(key);
    return id !== null && form.test(id) ? id : null;
  } catch {
    return null;
  }
}

function remember(key: string, id: string): void {
  try {
    sessionStorage.setItem(key, id);
  } catch {
    // See recall.
  }
}

/** crypto.randomUUID is missing on plain http and before Safari 15.4; getRandomValues is everywhere. */
function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
