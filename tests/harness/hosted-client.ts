import { randomUUID } from 'node:crypto';

/** What the hosted page would do, without a browser: for load and crash tests, where the camera is not the point. */
export interface HostedClient {
  /** The page was entered. As the page does, asks for the challenge of the attempt to come. */
  open(): Promise<Record<string, unknown>>;
  /** One frame in a bundle with the nonce of its challenge; a repeated upload repeats its attempt id. */
  attempt(frame: Uint8Array, attemptId?: string, options?: AttemptOptions): Promise<AttemptAnswer>;
  state(): Promise<Record<string, unknown>>;
  leave(): Promise<void>;
}

export interface AttemptOptions {
  traceparent?: string;
  timeoutMs?: number;
  /** Sends the bare picture, as clients do that know no challenges. */
  isPlain?: boolean;
}

export interface AttemptAnswer {
  httpStatus: number;
  result?: string;
  status?: string;
  problem?: string;
}

/** @param sessionUrl the `session_url` of the create answer */
export function hostedClient(sessionUrl: string): HostedClient {
  const page = new URL(sessionUrl);
  const token = page.pathname.split('/').filter(Boolean).at(-1);
  if (token === undefined) throw new Error('a session url ends with its token');
  const at = (path: string) => new URL(`/session/${token}/${path}`, page);

  async function json(response: Response): Promise<Record<string, unknown>> {
    const body = (await response.json()) as Record<string, unknown>;
    if (!response.ok) throw new Error(`hosted page answered ${response.status}`);
    return body;
  }

  const nonces = new Map<string, string>();
  let nextAttemptId = randomUUID() as string;

  /** The nonce of an attempt; empty when the session gives no challenge as it stands. */
  async function nonceOf(attemptId: string, timeoutMs: number): Promise<string> {
    const known = nonces.get(attemptId);
    if (known !== undefined) return known;
    const response = await fetch(at(`attempts/${attemptId}/challenge`), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
      signal: AbortSignal.timeout(timeoutMs),
    });
    const { nonce } = (await response.json().catch(() => ({}))) as { nonce?: string };
    if (nonce !== undefined) nonces.set(attemptId, nonce);
    return nonce ?? '';
  }

  return {
    open: async () => {
      const view = await json(
        await fetch(at('open'), { method: 'POST', signal: AbortSignal.timeout(10_000) }),
      );
      await nonceOf(nextAttemptId, 10_000).catch(() => '');
      return view;
    },
    state: async () => json(await fetch(at('state'), { signal: AbortSignal.timeout(10_000) })),
    leave: async () => {
      const response = await fetch(at('leave'), { method: 'POST', signal: AbortSignal.timeout(10_000) });
      await response.arrayBuffer();
      if (!response.ok) throw new Error(`hosted page answered ${response.status}`);
    },
    attempt: async (frame, attemptId = nextAttemptId, options = {}) => {
      const { isPlain = false, traceparent, timeoutMs = 15_000 } = options;
      const isNext = attemptId === nextAttemptId;
      if (isNext) nextAttemptId = randomUUID();
      const body = isPlain ? Buffer.from(frame) : bundleOf(frame, await nonceOf(attemptId, timeoutMs));
      const response = await fetch(at(`attempts/${attemptId}`), {
        method: 'POST',
        headers: {
          'content-type': isPlain ? 'image/jpeg' : 'application/vnd.selfsame.capture',
          ...(traceparent === undefined ? {} : { traceparent }),
        },
        body,
        signal: AbortSignal.timeout(timeoutMs),
      });
      const answer = (await response.json().catch(() => ({}))) as Record<string, unknown>;
      // What nobody has taken comes again as the same look.
      if (isNext && response.status === 503) nextAttemptId = attemptId;
      return { ...answer, httpStatus: response.status };
    },
  };
}

/** A picture as the page packs it. */
export function bundleOf(image: Uint8Array, nonce: string): Buffer<ArrayBuffer> {
  const manifest = Buffer.from(
    JSON.stringify({ nonce, image_bytes: image.length, frames: [], shown_at_ms: [], camera: {} }),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32BE(manifest.length);
  return Buffer.concat([length, manifest, image]);
}
