import type { AttemptAnswer } from '../../src/wire.ts';
import { atMost, pause, reasonOf, type SessionPath } from './client.ts';
import { learnClock } from './service-clock.ts';
import type { EndReason } from './states.ts';

/** How bringing a look to the service ended. */
export type Delivery =
  | { readonly status: 'answered'; readonly answer: AttemptAnswer }
  | { readonly status: 'refused'; readonly reason: EndReason }
  /** These bytes are no picture to the service; another look under the same id may be. */
  | { readonly status: 'unusable' }
  | Again
  | { readonly status: 'aborted' };

/** Nobody has answered yet. */
interface Again {
  readonly status: 'again';
  readonly afterMs: number;
  readonly linkLost: boolean;
  /** What came of it may be kept for its rest: the link dropped, or was too slow for somebody on the way. */
  readonly isCut: boolean;
}

/** What a delivery tells while it runs. `share` 0..1 of the bytes that have left. */
export interface DeliveryProgress {
  readonly sent: (share: number) => void;
  readonly linkLost: (lost: boolean) => void;
}

/** Waiting times between deliveries of one look. Their number is the number of further deliveries. */
const redeliveryDelaysMs = [500, 1_000, 2_000, 4_000, 8_000, 8_000];
/** A browser that knows to be offline is waited for; nothing is tried meanwhile. */
const offlineMs = 60_000;
/** An upload whose bytes stop leaving for this long has lost its link, whatever the browser believes. */
const stalledMs = 10_000;
/** From the last byte in the browser's hands to the answer: what is still in its buffers, a look, a verdict. */
const answerMs = 30_000;
const uploadMs = 90_000;
const offsetMs = 5_000;

/** Where a look goes, and what stays the same however often it is sent. */
interface Upload {
  readonly url: string;
  readonly attemptId: string;
  readonly body: Blob;
  /** `content-digest` of the whole body; undefined where the browser cannot tell, and then nothing is resumed. */
  readonly digest: string | undefined;
}

type Outcome =
  | Delivery
  /** The service has so many bytes of it. */
  | { readonly status: 'misplaced'; readonly offset: number }
  | { readonly status: 'damaged' };

/**
 * Brings a look to the service under one attempt id, again and again until it is answered, and goes on where a dropped
 * link stopped it.
 * @returns `again` when all deliveries failed; the caller still has the body
 */
export async function deliver(
  path: SessionPath,
  attemptId: string,
  body: Blob,
  progress: DeliveryProgress,
  signal: AbortSignal,
): Promise<Delivery> {
  const upload = await uploadOf(path, attemptId, body);
  let offset = 0;
  for (let delivery = 0; ; delivery++) {
    if (signal.aborted) return { status: 'aborted' };
    const outcome = await send(upload, offset, progress.sent, signal);
    const delayMs = redeliveryDelaysMs[delivery];
    if (outcome.status === 'misplaced' || outcome.status === 'damaged') {
      if (delayMs === undefined) return again(0);
      offset = outcome.status === 'misplaced' ? outcome.offset : 0;
      continue;
    }
    if (outcome.status !== 'again' || delayMs === undefined) return outcome;
    progress.linkLost(outcome.linkLost);
    if (navigator.onLine === false) await pause(offlineMs, signal);
    await pause(Math.max(delayMs, outcome.afterMs), signal);
    offset = outcome.isCut ? await arrived(upload, signal) : 0;
  }
}

/** Brings a look to the service once more, quietly. */
export async function redeliver(
  path: SessionPath,
  attemptId: string,
  body: Blob,
  signal: AbortSignal,
): Promise<Delivery> {
  const outcome = await send(await uploadOf(path, attemptId, body), 0, () => undefined, signal);
  return outcome.status === 'misplaced' || outcome.status === 'damaged' ? again(0) : outcome;
}

async function uploadOf(path: SessionPath, attemptId: string, body: Blob): Promise<Upload> {
  return { url: `${path}/attempts/${attemptId}`, attemptId, body, digest: await digestOf(body) };
}

/** `content-digest` of RFC 9530. */
async function digestOf(body: Blob): Promise<string | undefined> {
  try {
    const digest = await crypto.subtle.digest('SHA-256', await body.arrayBuffer());
    return `sha-256=:${btoa(String.fromCharCode(...new Uint8Array(digest)))}:`;
  } catch {
    return undefined;
  }
}

/** How many bytes of an upload the service still has; 0 when it does not say. */
async function arrived({ url, body, digest }: Upload, signal: AbortSignal): Promise<number> {
  if (digest === undefined || signal.aborted) return 0;
  try {
    const response = await fetch(url, { method: 'HEAD', signal: atMost(offsetMs, signal) });
    const same = response.headers.get('content-digest') === digest;
    return response.ok && same ? offsetIn(response.headers.get('upload-offset'), body.size) : 0;
  } catch {
    return 0;
  }
}

/** A place to go on from within so many bytes; whatever else a header says is the beginning. */
export function offsetIn(header: string | null, size: number): number {
  const offset = /^\d{1,9}$/.test(header ?? '') ? Number(header) : 0;
  return offset < size ? offset : 0;
}

/** One delivery, of the rest from `offset` on. XMLHttpRequest, because fetch does not tell how much of a body has left. */
function send(
  upload: Upload,
  offset: number,
  sent: (share: number) => void,
  signal: AbortSignal,
): Promise<Outcome> {
  const { url, attemptId, body, digest } = upload;
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    let watch = setTimeout(abort, stalledMs);
    const within = (ms: number) => {
      clearTimeout(watch);
      watch = setTimeout(abort, ms);
    };
    signal.addEventListener('abort', abort, { once: true });
    request.open(offset === 0 ? 'POST' : 'PATCH', url);
    request.timeout = uploadMs;
    request.setRequestHeader('content-type', body.type);
    request.setRequestHeader('traceparent', traceparent(attemptId));
    if (digest !== undefined) request.setRequestHeader('content-digest', digest);
    if (offset > 0) {
      request.setRequestHeader('upload-offset', String(offset));
      request.setRequestHeader('upload-length', String(body.size));
    }
    request.upload.onprogress = (event) => {
      within(stalledMs);
      if (event.lengthComputable) sent((offset + event.loaded) / (offset + event.total));
    };
    request.upload.onload = () => {
      within(answerMs);
      sent(1);
    };
    request.onloadend = () => {
      clearTimeout(watch);
      signal.removeEventListener('abort', abort);
      resolve(signal.aborted ? { status: 'aborted' } : outcomeOf(request, body.size));
    };
    request.send(offset === 0 ? body : body.slice(offset));
  });
}

function outcomeOf(request: XMLHttpRequest, size: number): Outcome {
  const { status } = request;
  learnClock(request.getResponseHeader('date'));
  if (status === 200) return readAnswer(request.responseText);
  if (status === 404 || status === 410) return { status: 'refused', reason: reasonOf(status) };
  const code = codeOf(request.responseText);
  if (code === 'upload_damaged') return { status: 'damaged' };
  if (code === 'upload_offset_wrong') {
    return { status: 'misplaced', offset: offsetIn(request.getResponseHeader('upload-offset'), size) };
  }
  if (status === 400 || status === 413 || status === 415) return { status: 'unusable' };
  const seconds = Number(request.getResponseHeader('retry-after') ?? 0);
  const afterMs = Math.min(Number.isFinite(seconds) ? seconds : 0, 30) * 1_000;
  return again(afterMs, { linkLost: status === 0, isCut: [0, 408, 502, 504].includes(status) });
}

function again(afterMs: number, { linkLost = false, isCut = false } = {}): Again {
  return { status: 'again', afterMs, linkLost, isCut };
}

/** A 200 that is no answer of ours comes from something on the way, such as a hotel's sign-in page. */
function readAnswer(text: string): Delivery {
  try {
    return { status: 'answered', answer: JSON.parse(text) as AttemptAnswer };
  } catch {
    return again(0, { linkLost: true });
  }
}

function codeOf(text: string): string | undefined {
  try {
    return (JSON.parse(text) as { code?: string }).code;
  } catch {
    return undefined;
  }
}

/** W3C trace context whose trace is the attempt, so that every delivery of one look lands in one trace. */
function traceparent(attemptId: string): string {
  const span = crypto.getRandomValues(new Uint8Array(8));
  return `00-${attemptId.replaceAll('-', '')}-${[...span].map((byte) => byte.toString(16).padStart(2, '0')).join('')}-01`;
}
