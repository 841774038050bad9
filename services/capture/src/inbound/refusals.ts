import { overloadedCode } from '@selfsame/http/admission';
import { countRefusal, noteRefusal } from '@selfsame/http/refusals';
import { DetailError, FieldError } from '@selfsame/http/server';
import { errorCode, Failure, type FailureKind } from '@selfsame/runtime/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** What the page is told when something cannot be done. */
interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly retryAfterSeconds?: number;
}

const unavailable: Refusal = {
  status: 503,
  code: 'service_unavailable',
  detail: 'The service is busy or restarting. Please try again.',
  retryAfterSeconds: 1,
};

const byKind: Partial<Record<FailureKind, Refusal>> = {
  not_found: { status: 404, code: 'session_unknown', detail: 'This link leads to no session.' },
  invalid: { status: 400, code: 'image_unusable', detail: 'The picture could not be read.' },
  precondition: { status: 409, code: 'session_closed', detail: 'This session takes no pictures any more.' },
  exhausted: unavailable,
  unavailable,
  deadline: unavailable,
};

/** Failures whose own code tells the page what to do. */
const byCode: Readonly<Record<string, Refusal>> = {
  session_expired: { status: 410, code: 'session_expired', detail: 'This link has expired.' },
  method_not_offered: {
    status: 400,
    code: 'method_not_offered',
    detail: 'This session does not offer that method.',
  },
  bundle_invalid: {
    status: 400,
    code: 'bundle_invalid',
    detail: 'The capture is not put together as it says.',
  },
  upload_damaged: {
    status: 400,
    code: 'upload_damaged',
    detail: 'The bytes that came are not those that were announced. Send all of them again.',
  },
  attempt_void: { status: 409, code: 'attempt_void', detail: 'Nothing comes of this attempt any more.' },
  consent_unknown: { status: 404, code: 'consent_unknown', detail: 'This link leads to no consent.' },
  consent_expired: { status: 410, code: 'consent_expired', detail: 'This link has expired.' },
  consent_answered: { status: 409, code: 'consent_answered', detail: 'This has been answered otherwise.' },
  consent_text_changed: {
    status: 409,
    code: 'consent_text_changed',
    detail: 'What was shown is not what is asked now.',
  },
  consent_closed: { status: 409, code: 'consent_closed', detail: 'This cannot be answered like that now.' },
  presence_unproved: {
    status: 409,
    code: 'presence_unproved',
    detail: 'Agreeing takes a fresh signature of the browser over what was shown.',
  },
  locked_out: { status: 409, code: 'locked_out', detail: 'No picture is looked at before a while.' },
};

const byStatus: Record<number, Omit<Refusal, 'status'>> = {
  400: { code: 'request_invalid', detail: 'The request could not be read.' },
  404: { code: 'session_unknown', detail: 'This link leads to no session.' },
  408: { code: 'image_late', detail: 'The picture took too long to arrive.' },
  413: { code: 'image_too_large', detail: 'The picture is too large.' },
  415: { code: 'image_unusable', detail: 'Send a picture, or a capture bundle.' },
};

/** Slow down: the next one is welcome in so many seconds. */
export class TooMany extends Error {
  readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number) {
    super('too many requests');
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** What to throw at a request that came too soon, or for which there is no room. Counts the refusal. */
export function tooMany(reason: 'rate_limit' | 'overload', retryAfterSeconds: number): TooMany {
  countRefusal(reason);
  return new TooMany(retryAfterSeconds);
}

/** A page of another origin wants what only our own may have. */
export class OtherOrigin extends Error {
  constructor() {
    super('another origin');
  }
}

/** An upload goes on where it broke off, and nowhere else. */
export class OffsetWrong extends Error {
  /** How many bytes are here. */
  readonly offset: number;

  constructor(offset: number) {
    super('the upload goes on elsewhere');
    this.offset = offset;
  }
}

/** Every refusal of the page's routes: `{"code", "detail"}`, without a word about the inside. */
export function answerRefusal(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, code, detail, retryAfterSeconds } = refusalOf(error);
  if (status === 413) countRefusal('too_large');
  if (errorCode(error) === overloadedCode) noteRefusal(request);
  else if (status === 500) request.log.error({ err: error }, 'request failed');
  else if (status > 500) request.log.warn({ err: error }, 'request failed');
  if (error instanceof OffsetWrong) reply.header('upload-offset', error.offset);
  if (retryAfterSeconds !== undefined) reply.header('retry-after', retryAfterSeconds);
  return reply.code(status).send({ code, detail });
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof OtherOrigin) {
    return { status: 403, code: 'other_origin', detail: 'Only pages of this address connect here.' };
  }
  if (error instanceof TooMany) {
    const { retryAfterSeconds } = error;
    return { status: 429, code: 'too_many', detail: 'Too many requests at once.', retryAfterSeconds };
  }
  if (error instanceof Failure) {
    return soon(byCode[error.code] ?? byKind[error.kind] ?? internal, error.retryAfterMs);
  }
  if (error instanceof FieldError) return requestInvalid;
  if (error instanceof OffsetWrong) return offsetWrong;
  if (errorCode(error) === 'FST_ERR_CTP_BODY_TOO_LARGE') return requestTooLarge;
  const status = error instanceof DetailError ? error.status : statusOf(error);
  const known = byStatus[status];
  return known === undefined ? internal : { status, ...known };
}

/** With the time after which whoever refused for load expects to have room; HTTP counts in whole seconds. */
function soon(refusal: Refusal, retryAfterMs: number | undefined): Refusal {
  const tellsWhen = refusal === unavailable || refusal === byCode.locked_out;
  if (!tellsWhen || retryAfterMs === undefined) return refusal;
  return { ...refusal, retryAfterSeconds: Math.max(1, Math.ceil(retryAfterMs / 1_000)) };
}

const requestInvalid: Refusal = {
  status: 400,
  code: 'request_invalid',
  detail: 'The request could not be read.',
};
const requestTooLarge: Refusal = {
  status: 413,
  code: 'request_too_large',
  detail: 'The request says more than it may.',
};
const offsetWrong: Refusal = {
  status: 409,
  code: 'upload_offset_wrong',
  detail: 'The upload goes on at Upload-Offset.',
};
const internal: Refusal = { status: 500, code: 'internal', detail: 'Something went wrong here.' };

/** The status that fastify gives its own errors, such as a body over its bound. */
function statusOf(error: unknown): number {
  return error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
}
