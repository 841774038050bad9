import { STATUS_CODES } from 'node:http';
import { Failure, type FailureKind } from '@selfsame/runtime/errors';

/** An error with the very body of its answer. Routes throw one of the four below, or a Failure. */
class AnswerError extends Error {
  readonly status: number;
  readonly body: unknown;
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, body: unknown, retryAfterSeconds?: number) {
    super(`answered ${status}`);
    this.status = status;
    this.body = body;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** 400 `{"<field>": "text" | ["text"]}` */
export class FieldError extends AnswerError {
  constructor(fields: Record<string, string | string[]>) {
    super(400, fields);
  }
}

/** 400 `["text"]` */
export class ListError extends AnswerError {
  constructor(texts: string[]) {
    super(400, texts);
  }
}

/** `{"error": "text"}`: what standalone image calls say about a picture. */
export class PictureError extends AnswerError {
  constructor(status: number, text: string) {
    super(status, { error: text });
  }
}

/** `{"detail": "text" | ["text"]}` under any status; a 503 says when to come again: in a second, unless told otherwise. */
export class DetailError extends AnswerError {
  constructor(status: number, detail: string | string[], options: { retryAfterSeconds?: number } = {}) {
    super(status, { detail }, options.retryAfterSeconds ?? (status === 503 ? 1 : undefined));
  }
}

/** What goes over the wire for an error. */
export interface ErrorAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly retryAfterSeconds: number | undefined;
}

const statusOfKind: Record<FailureKind, number> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  precondition: 400,
  exhausted: 429,
  unavailable: 503,
  deadline: 504,
  internal: 500,
};

const details: Record<number, string> = {
  400: 'Bad request.',
  404: 'Not found.',
  413: 'Request body is too large.',
  415: 'Unsupported media type.',
  500: 'A server error occurred.',
  503: 'The service is temporarily unavailable. Try again shortly.',
  504: 'The service did not answer in time. Try again shortly.',
};

/** The answer to any thrown value. Below 500 the caller reads the error's own text, from 500 on a neutral one. */
export function answerOf(error: unknown): ErrorAnswer {
  if (error instanceof AnswerError) return error;
  if (error instanceof Failure) return detail(statusOfKind[error.kind], error.message, error.retryAfterMs);
  // Fastify and its plugins say a status; their texts name internals.
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
  return detail(status >= 400 && status < 600 ? status : 500);
}

function detail(
  status: number,
  text?: string,
  retryAfterMs = status === 503 || status === 504 ? 1_000 : undefined,
): ErrorAnswer {
  const neutral = details[status] ?? `${STATUS_CODES[status] ?? 'Error'}.`;
  return {
    status,
    body: { detail: status < 500 && text ? text : neutral },
    // HTTP counts in whole seconds.
    retryAfterSeconds: retryAfterMs === undefined ? undefined : Math.max(1, Math.ceil(retryAfterMs / 1_000)),
  };
}
