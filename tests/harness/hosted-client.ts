import { randomUUID } from 'node:crypto';

/** What the hosted page would do, without a browser: for load and crash tests, where the camera is not the point. */
export interface HostedClient {
  /** The page was entered. */
  open(): Promise<Record<string, unknown>>;
  /** One frame; a repeated upload repeats its attempt id. */
  attempt(frame: Uint8Array, attemptId?: string, options?: AttemptOptions): Promise<AttemptAnswer>;
  state(): Promise<Record<string, unknown>>;
  leave(): Promise<void>;
}

export interface AttemptOptions {
  traceparent?: string;
  timeoutMs?: number;
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

  return {
    open: async () => json(await fetch(at('open'), { method: 'POST', signal: AbortSignal.timeout(10_000) })),
    state: async () => json(await fetch(at('state'), { signal: AbortSignal.timeout(10_000) })),
    leave: async () => {
      const response = await fetch(at('leave'), { method: 'POST', signal: AbortSignal.timeout(10_000) });
      await response.arrayBuffer();
      if (!response.ok) throw new Error(`hosted page answered ${response.status}`);
    },
    attempt: async (frame, attemptId = randomUUID(), options = {}) => {
      const response = await fetch(at(`attempts/${attemptId}`), {
        method: 'POST',
        headers: {
          'content-type': 'image/jpeg',
          ...(options.traceparent === undefined ? {} : { traceparent: options.traceparent }),
        },
        body: Buffer.from(frame),
        signal: AbortSignal.timeout(options.timeoutMs ?? 15_000),
      });
      const body = (await response.json().catch(() => ({}))) as Record<string, unknown>;
      return { ...body, httpStatus: response.status };
    },
  };
}
