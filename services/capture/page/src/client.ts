import type { AttemptAnswer, GuidanceAnswer, SessionView } from '../../src/wire.ts';
import type { EndReason } from './flow.ts';
import { learnClock } from './service-clock.ts';

/** The way to this session's routes. The token is in the address already and goes nowhere else. */
export type SessionPath = `/session/${string}`;

/** The session as it is now, or why it cannot be had. */
export type ViewAnswer =
  | { readonly ok: true; readonly session: SessionView }
  | { readonly ok: false; readonly reason: EndReason };

const viewTimeoutMs = 10_000;
const guidanceTimeoutMs = 1_200;
const uploadTimeoutMs = 60_000;
/** Waiting times between deliveries of one frame. Their number is the number of further deliveries. */
const redeliveryDelaysMs = [500, 1_000, 2_000, 4_000, 8_000, 8_000];

/** Enters the session. Safe to repeat. */
export function openSession(path: SessionPath, signal: AbortSignal): Promise<ViewAnswer> {
  return view(`${path}/open`, { method: 'POST' }, signal);
}

/** Reads where the session stands; changes nothing. */
export function readState(path: SessionPath, signal: AbortSignal): Promise<ViewAnswer> {
  return view(`${path}/state`, {}, signal);
}

async function view(url: string, init: RequestInit, signal: AbortSignal): Promise<ViewAnswer> {
  try {
    const response = await fetch(url, { ...init, signal: atMost(viewTimeoutMs, signal) });
    learnClock(response.headers.get('date'));
    if (response.ok) return { ok: true, session: (await response.json()) as SessionView };
    return { ok: false, reason: reasonOf(response.status) };
  } catch {
    return { ok: false, reason: 'unavailable' };
  }
}

/** What a refusal means to the user. */
function reasonOf(status: number): EndReason {
  if (status === 404) return 'unknown';
  if (status === 410) return 'expired';
  return status === 429 ? 'busy' : 'unavailable';
}

/** Asks what a thumbnail shows. Null when the answer is late, refused or missing: guidance goes on without. */
export async function askGuidance(
  path: SessionPath,
  thumbnail: Blob,
  signal: AbortSignal,
): Promise<GuidanceAnswer | null> {
  try {
    const response = await fetch(`${path}/guidance`, {
      method: 'POST',
      body: thumbnail,
      signal: atMost(guidanceTimeoutMs, signal),
    });
    return response.ok ? ((await response.json()) as GuidanceAnswer) : null;
  } catch {
    return null;
  }
}

/** Says goodbye even while the page is being closed. */
export function sendLeave(path: SessionPath): void {
  navigator.sendBeacon(`${path}/leave`);
}

/** How one delivery of a frame ended. */
export type Delivery =
  | { readonly status: 'answered'; readonly answer: AttemptAnswer }
  | { readonly status: 'refused'; readonly reason: EndReason }
  /** These bytes are no picture to the service; another frame under the same id may be. */
  | { readonly status: 'unusable' }
  | { readonly status: 'again'; readonly afterMs: number; readonly linkLost: boolean }
  | { readonly status: 'aborted' };

/** What a delivery tells while it runs. */
export interface DeliveryProgress {
  readonly sent: (share: number) => void;
  readonly linkLost: (lost: boolean) => void;
}

/**
 * Brings a frame to the service, again and again under the same attempt id until it is answered.
 * @returns `again` when all deliveries failed; the caller still has the frame
 */
export async function deliverFrame(
  path: SessionPath,
  attemptId: string,
  frame: Blob,
  progress: DeliveryProgress,
  signal: AbortSignal,
): Promise<Delivery> {
  for (let delivery = 0; ; delivery++) {
    const outcome = await post(`${path}/attempts/${attemptId}`, attemptId, frame, progress.sent, signal);
    const delayMs = redeliveryDelaysMs[delivery];
    if (outcome.status !== 'again' || delayMs === undefined) return outcome;
    progress.linkLost(outcome.linkLost);
    await pause(Math.max(delayMs, outcome.afterMs), signal);
    if (signal.aborted) return { status: 'aborted' };
  }
}

/** Brings a frame to the service once more, quietly. */
export function redeliverFrame(
  path: SessionPath,
  attemptId: string,
  frame: Blob,
  signal: AbortSignal,
): Promise<Delivery> {
  return post(`${path}/attempts/${attemptId}`, attemptId, frame, () => undefined, signal);
}

/** One delivery. XMLHttpRequest, because fetch does not tell how much of a body has left. */
function post(
  url: string,
  attemptId: string,
  frame: Blob,
  sent: (share: number) => void,
  signal: AbortSignal,
): Promise<Delivery> {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    signal.addEventListener('abort', abort, { once: true });
    request.open('POST', url);
    request.timeout = uploadTimeoutMs;
    request.setRequestHeader('content-type', frame.type);
    request.setRequestHeader('traceparent', traceparent(attemptId));
    request.upload.onprogress = (event) => event.lengthComputable && sent(event.loaded / event.total);
    request.upload.onload = () => sent(1);
    request.onloadend = () => {
      signal.removeEventListener('abort', abort);
      resolve(signal.aborted ? { status: 'aborted' } : deliveryOf(request));
    };
    request.send(frame);
  });
}

function deliveryOf(request: XMLHttpRequest): Delivery {
  const { status } = request;
  learnClock(request.getResponseHeader('date'));
  if (status === 200) return readAnswer(request.responseText);
  if (status === 404 || status === 410) return { status: 'refused', reason: reasonOf(status) };
  if (status === 400 || status === 413 || status === 415) return { status: 'unusable' };
  const seconds = Number(request.getResponseHeader('retry-after') ?? 0);
  return {
    status: 'again',
    afterMs: Math.min(Number.isFinite(seconds) ? seconds : 0, 30) * 1_000,
    linkLost: status === 0,
  };
}

/** A 200 that is no answer of ours comes from something on the way, such as a hotel's sign-in page. */
function readAnswer(text: string): Delivery {
  try {
    return { status: 'answered', answer: JSON.parse(text) as AttemptAnswer };
  } catch {
    return { status: 'again', afterMs: 0, linkLost: true };
  }
}

/** W3C trace context whose trace is the attempt, so that every delivery of one frame lands in one trace. */
function traceparent(attemptId: string): string {
  const span = crypto.getRandomValues(new Uint8Array(8));
  return `00-${attemptId.replaceAll('-', '')}-${[...span].map((byte) => byte.toString(16).padStart(2, '0')).join('')}-01`;
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
function atMost(timeoutMs: number, signal: AbortSignal): AbortSignal {
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
