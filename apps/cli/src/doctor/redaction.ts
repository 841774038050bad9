import type { Environment } from '@selfsame/runtime/config';

const secretNames = /(KEY|SECRET|PASSWORD|TOKEN)$/;
const urlNames = /(_URL|_ENDPOINT)$/;
/** Shorter texts are no secrets, and would blot out harmless words. */
const shortest = 6;

/** What no line may hold: keys and secrets of these environments, and the passwords in their URLs. */
export function secretsOf(environments: readonly Environment[]): string[] {
  const found = new Set<string>();
  for (const [name, value] of environments.flatMap((each) => Object.entries(each))) {
    if (!value) continue;
    if (secretNames.test(name)) found.add(value.trim());
    if (urlNames.test(name)) for (const secret of ofUrls(value)) found.add(secret);
  }
  return [...found]
    .filter((secret) => secret.length >= shortest)
    .sort((one, other) => other.length - one.length);
}

/** Passwords stand in front of the host, where a list has commas between its servers, or in the query. */
function ofUrls(value: string): string[] {
  // A comma may be part of a password as well.
  const urls = new Set([value, ...value.split(/,(?=\s*[a-z][a-z\d+.-]*:\/\/)/i), ...value.split(',')]);
  return [...urls].flatMap((url) => [...ofUser(url.trim()), ...ofQuery(url)]).flatMap(spellings);
}

function ofUser(url: string): string[] {
  const [, scheme = '', user = ''] = /^([a-z][a-z\d+.-]*):\/\/([^/?#]*)@/i.exec(url) ?? [];
  const colon = user.indexOf(':');
  if (colon >= 0) return [user.slice(colon + 1)];
  // A NATS user without a password is a token.
  return /^(nats|tls)$/i.test(scheme) ? [user] : [];
}

function ofQuery(url: string): string[] {
  const pairs = url.matchAll(/[?&]([^=&#]+)=([^&#]*)/g);
  return [...pairs].flatMap(([, name = '', value = '']) =>
    /password|secret|token|key$/i.test(name) ? [value] : [],
  );
}

/** As it is written, as it is meant, and as a URL is written that was read; a bare `%` means itself. */
function spellings(text: string): string[] {
  const meant = text.replace(/(?:%[\da-f]{2})+/gi, (bytes) => {
    try {
      return decodeURIComponent(bytes);
    } catch {
      return bytes;
    }
  });
  return [text, meant, meant.replaceAll('+', ' '), encodeURIComponent(meant)].filter(Boolean);
}

/** The text without them, whoever wrote it. */
export function redact(text: string, secrets: readonly string[]): string {
  return secrets.reduce((clean, secret) => clean.replaceAll(secret, '•••'), text);
}
