import type { ConsentRequest, ConsentView } from '../../src/consent-wire.ts';
import type { ConsentEnd } from './given.ts';

/** The way to this consent's routes. The token is in the address already and goes nowhere else. */
export type ConsentPath = `/consent/${string}`;

/** Reads `/consent/{token}` and `/{language}/consent/{token}`; null for anything else. */
export function pathOf(pathname: string): ConsentPath | null {
  const match = /^(?:\/[A-Za-z-]{2,8})?(\/consent\/[A-Za-z0-9_-]+)\/?$/.exec(pathname);
  return match === null ? null : (match[1] as ConsentPath);
}

/** The consent as it is now, or why it cannot be had. `refused`: it is not as the page believes, so read it. */
export type Answered =
  | { readonly ok: true; readonly consent: ConsentView }
  | { readonly ok: false; readonly reason: ConsentEnd | 'refused' };

const timeoutMs = 10_000;

/** Reads where the consent stands; changes nothing. */
export function readConsent(path: ConsentPath, language: string): Promise<Answered> {
  const query = language === '' ? '' : `?language=${encodeURIComponent(language)}`;
  return ask(`${path}/state${query}`, {});
}

/** Sends an answer. Safe to repeat. */
export function sendAnswer(path: ConsentPath, request: ConsentRequest): Promise<Answered> {
  return ask(`${path}/answer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
  });
}

async function ask(url: string, init: RequestInit): Promise<Answered> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), timeoutMs);
  try {
    const response = await fetch(url, { ...init, signal: controller.signal });
    if (response.ok) return { ok: true, consent: (await response.json()) as ConsentView };
    return { ok: false, reason: reasonOf(response.status) };
  } catch {
    return { ok: false, reason: 'unavailable' };
  } finally {
    clearTimeout(timer);
  }
}

function reasonOf(status: number): ConsentEnd | 'refused' {
  if (status === 404) return 'unknown';
  if (status === 429) return 'busy';
  return status === 409 || status === 410 ? 'refused' : 'unavailable';
}
