import { type Dispatcher, errors } from 'undici';
import { keptBytes } from './http-client-answer.ts';
import { type Connection, type Connections, codedError, type Wait } from './http-client-connections.ts';

/** The time of one attempt; whoever has set `onOver` last is told when it is over. */
export interface Deadline extends Wait {
  readonly isOver: boolean;
  end(): void;
}

/** How one exchange ended. With an answer it is one, whatever became of its body. */
export interface Ending {
  readonly answer: Answer | null;
  /** What was kept of the answer's body: at least the first 20 kB of it, if there is so much. */
  readonly chunks: readonly Buffer[];
  /** Stable code of why there is no answer. */
  readonly code: string;
  /** Whether the connection had served before and was closed before the receiver said a word. */
  readonly isStale: boolean;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** When the status line and headers were there, by `performance.now()`. */
  readonly atMs: number;
}

/** What is read of an answer's body, so that its connection can serve again; a longer one costs a new connection. */
const maxReadBytes = 64 * 1024;
/** `103 Early Hints` and the like before the answer; who sends more of them means no good. */
const maxInformational = 10;

const timeUp = codedError('timeout', 'the time of the attempt is over');
const tooLong = codedError('body_too_long', 'the rest of the body is not read');

/** What is sent, and who wants to know when its first byte goes out: twice when a connection had to be renewed. */
export type Request = Dispatcher.DispatchOptions & { readonly onSent?: (() => void) | undefined };

/** One timer for everything that belongs to an attempt. */
export function startDeadline(timeoutMs: number): Deadline {
  const deadline = { isOver: false, onOver: () => {}, end: () => clearTimeout(timer) };
  const timer = setTimeout(() => {
    deadline.isOver = true;
    deadline.onOver();
  }, timeoutMs);
  return deadline;
}

/**
 * Sends a request on a connection and reads the answer. Afterwards the connection is given back or closed; a stale one is
 * left to the caller.
 *
 * @returns always; what goes wrong is an ending without an answer
 */
export function exchange(
  connections: Connections,
  connection: Connection,
  request: Request,
  deadline: Deadline,
): Promise<Ending> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let readBytes = 0;
    let informational = 0;
    let hasSpoken = false;
    let answer: Answer | null = null;
    let isEnded = false;

    /** @param error undefined when the answer was read to its end, so that the connection is free */
    const end = (error?: Error) => {
      if (isEnded) return;
      isEnded = true;
      const code = error === undefined ? '' : codeOf(error);
      const isStale = !hasSpoken && connection.served > 0 && hangUps.has(code);
      if (error === undefined) connections.giveBack(connection);
      else if (!isStale) connections.discard(connection);
      resolve({ answer, chunks, code, isStale });
    };
    deadline.onOver = () => end(timeUp);

    connection.client.dispatch(request, {
      onRequestStart: () => request.onSent?.(),
      onResponseStarted() {
        hasSpoken = true;
      },
      onResponseStart(_controller, status, headers) {
        if (status >= 200) {
          answer = { status, headers, atMs: performance.now() };
          return;
        }
        informational += 1;
        if (informational > maxInformational)
          end(codedError('not_http', 'informational answers without end'));
      },
      onResponseData(_controller, chunk) {
        if (readBytes <= keptBytes) chunks.push(chunk);
        readBytes += chunk.length;
        if (readBytes > maxReadBytes) end(tooLong);
      },
      onResponseEnd: () => end(),
      onResponseError: (_controller, error) => end(error),
    });
  });
}

/** What a connection that is closed by the other side looks like. */
const hangUps: ReadonlySet<string> = new Set(['connection_closed', 'ECONNRESET', 'EPIPE']);

/** Names of our own for what undici calls otherwise. */
const codes: Readonly<Record<string, string>> = {
  UND_ERR_SOCKET: 'connection_closed',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_OVERFLOW: 'headers_too_large',
  UND_ERR_DESTROYED: 'client_closed',
  UND_ERR_INVALID_ARG: 'invalid_request',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'not_http',
};

/** Stable code of an error. Node reports one error for each address that it tried; they seldom differ. */
export function codeOf(error: unknown): string {
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  if (error instanceof errors.HTTPParserError) return 'not_http';
  if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) return 'unknown';
  return codes[error.code] ?? error.code;
}
