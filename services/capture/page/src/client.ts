import type { ChallengeView, SessionView, VisitRequest } from '../../src/wire.ts';
import { learnClock } from './service-clock.ts';
import type { EndReason } from './states.ts';

/** The way to this session's routes. The token is in the address already and goes nowhere else. */
export type SessionPath = `/session/${string}`;

/** The session as it is now, or why it cannot be had. */
export type ViewAnswer =
  | { readonly ok: true; readonly session: SessionView }
  | { readonly ok: false; readonly reason: EndReason };

const viewTimeoutMs = 10_000;

/** Enters the session, and tells what was found of the browser. Safe to repeat. */
export function openSession(
  path: SessionPath,
  visit: VisitRequest,
  signal: AbortSignal,
): Promise<ViewAnswer> {
  const body = (told: VisitRequest) => ({
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(told),
  });
  // What the service cannot read must not keep anybody out.
  return view(`${path}/open`, body(visit), signal, body({}));
}

/** The user does not want to be recognised on this device any more. @returns whether the service has heard it */
export async function forgetDevice(path: SessionPath, signal: AbortSignal): Promise<boolean> {
  try {
    const init = { method: 'POST', signal: atMost(viewTimeoutMs, signal) };
    return (await fetch(`${path}/forget-device`, init)).ok;
  } catch {
    return false;
  }
}

/** Reads where the session stands; changes nothing. */
export function readState(path: SessionPath, signal: AbortSignal): Promise<ViewAnswer> {
  return view(`${path}/state`, {}, signal);
}

/** @param instead what is asked when the service cannot read what it was sent */
async function view(
  url: string,
  init: RequestInit,
  signal: AbortSignal,
  instead?: RequestInit,
): Promise<ViewAnswer> {
  try {
    const response = await fetch(url, { ...init, signal: atMost(viewTimeoutMs, signal) });
    learnClock(response.headers.get('date'));
    if (response.ok) return { ok: true, session: (await response.json()) as SessionView };
    const isUnread = response.status === 400 || response.status === 413;
    if (isUnread && instead !== undefined) return view(url, instead, signal);
    return { ok: false, reason: reasonOf(response.status) };
  } catch {
    return { ok: false, reason: 'unavailable' };
  }
}

/** A challenge, or why there is none; `closed`: the session gives none as it stands. `void`: take a new id. */
export type ChallengeAnswer =
  | { readonly ok: true; readonly challenge: ChallengeView }
  | { readonly ok: false; readonly reason: EndReason | 'closed' | 'void' }
  | { readonly ok: false; readonly reason: 'locked'; readonly until: string };

/** Asks for the challenge of an attempt to come. Safe to repeat: an attempt keeps its challenge while it is fresh. */
export async function askChallenge(
  path: SessionPath,
  attemptId: string,
  method: string,
  signal: AbortSignal,
): Promise<ChallengeAnswer> {
  try {
    const response = await fetch(`${path}/attempts/${attemptId}/challenge`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ method }),
      signal: atMost(viewTimeoutMs, signal),
    });
    learnClock(response.headers.get('date'));
    if (response.ok) return { ok: true, challenge: (await response.json()) as ChallengeView };
    if (response.status === 409) return conflictOf(response, (await response.json()) as { code?: string });
    return { ok: false, reason: reasonOf(response.status) };
  } catch {
    return { ok: false, reason: 'unavailable' };
  }
}

function conflictOf(response: Response, { code }: { code?: string }): ChallengeAnswer {
  if (code === 'attempt_void') return { ok: false, reason: 'void' };
  const seconds = Number(response.headers.get('retry-after') ?? 0);
  if (code !== 'locked_out' || !(seconds > 0)) return { ok: false, reason: 'closed' };
  const servedMs = Date.parse(response.headers.get('date') ?? '') || Date.now();
  return { ok: false, reason: 'locked', until: new Date(servedMs + seconds * 1_000).toISOString() };
}

/** What a refusal means to the user. */
export function reasonOf(status: number): EndReason {
  if (status === 404) return 'unknown';
  if (status === 410) return 'expired';
  return status === 429 ? 'busy' : 'unavailable';
}

/** Says goodbye even while the page is being closed. */
export function sendLeave(path: SessionPath): void {
  navigator.sendBeacon(`${path}/leave`);
}

/** Resolves after a while, or as soon as the browser is online again (but never at once), or when aborted. */
export function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener('online', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, delayMs);
    addEventListener('online', done);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}

/** A signal that follows another one and also fires after a while. Phones in use lack AbortSignal.any. */
export function atMost(timeoutMs: number, signal: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const abort = () => {
    clearTimeout(timer);
    controller.abort();
  };
  const timer = setTimeout(abort, timeoutMs);
  signal.addEventListener('abort', abort, { once: true, signal: controller.signal });
  if (signal.aborted) abort();
  return controller.signal;
}
