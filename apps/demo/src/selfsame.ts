import { randomUUID } from 'node:crypto';

/** What the demo uses of the answer to POST /v3/session/. */
interface CreatedSession {
  session_id: string;
  url: string;
  status: string;
}

/** An answer of the API: what was asked for, or its refusal in the API's own words (status 0: no answer at all). */
type Answer<T> = { ok: true; value: T } | { ok: false; status: number; text: string };

/** The three calls of a relying party. */
export interface Selfsame {
  createSession(input: {
    workflow_id: string;
    vendor_data: string;
    callback?: string;
    metadata?: Record<string, string>;
  }): Promise<Answer<CreatedSession>>;
  /** The truth about a session at this moment, whatever arrived or did not arrive by webhook. */
  readDecision(sessionId: string): Promise<Answer<{ status: string }>>;
  deleteSession(sessionId: string): Promise<Answer<null>>;
}

const TIMEOUT_MS = 5_000;

/** A client of the /v3 contract in plain fetch; asks once more when the first try met no answer or a 5xx. */
export function connectSelfsame(baseUrl: string, apiKey: string): Selfsame {
  async function call<T>(method: string, path: string, body?: unknown): Promise<Answer<T>> {
    const request = {
      method,
      headers: {
        'x-api-key': apiKey,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        // Two tries under one key are one request: a session is never created twice.
        ...(method === 'POST' ? { 'idempotency-key': randomUUID() } : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
    const first = await tryOnce<T>(baseUrl + path, request);
    const worthRepeating = !first.ok && (first.status === 0 || first.status >= 500);
    return worthRepeating ? tryOnce<T>(baseUrl + path, request) : first;
  }

  return {
    createSession: (input) => call('POST', '/v3/session/', input),
    readDecision: (sessionId) => call('GET', `/v3/session/${encodeURIComponent(sessionId)}/decision/`),
    deleteSession: (sessionId) => call('DELETE', `/v3/session/${encodeURIComponent(sessionId)}/delete/`),
  };
}

async function tryOnce<T>(url: string, request: RequestInit): Promise<Answer<T>> {
  try {
    const response = await fetch(url, { ...request, signal: AbortSignal.timeout(TIMEOUT_MS) });
    const answer: unknown = response.status === 204 ? null : await response.json();
    if (response.ok) return { ok: true, value: answer as T };
    return { ok: false, status: response.status, text: refusalText(answer) };
  } catch {
    return { ok: false, status: 0, text: 'Selfsame did not answer.' };
  }
}

/** Error bodies come as {detail}, {error}, {field: text or texts} or [text]; this finds the words in each. */
export function refusalText(body: unknown): string {
  if (typeof body === 'string') return body;
  if (Array.isArray(body)) return body.map(refusalText).join(' ');
  if (typeof body !== 'object' || body === null) return 'The request was refused.';
  return Object.entries(body)
    .map(([field, words]) => (/^(detail|error)$/.test(field) ? '' : `${field}: `) + refusalText(words))
    .join(' ');
}
