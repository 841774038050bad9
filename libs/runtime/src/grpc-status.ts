import { ClientError, type Metadata, ServerError, Status } from 'nice-grpc-common';
import { Failure, type FailureKind } from './errors.ts';

const statusOfKind: Record<FailureKind, Status> = {
  invalid: Status.INVALID_ARGUMENT,
  unauthenticated: Status.UNAUTHENTICATED,
  forbidden: Status.PERMISSION_DENIED,
  not_found: Status.NOT_FOUND,
  conflict: Status.ABORTED,
  precondition: Status.FAILED_PRECONDITION,
  exhausted: Status.RESOURCE_EXHAUSTED,
  unavailable: Status.UNAVAILABLE,
  deadline: Status.DEADLINE_EXCEEDED,
  internal: Status.INTERNAL,
};

const kindOfStatus = new Map(
  Object.entries(statusOfKind).map(([kind, status]) => [status, kind as FailureKind]),
);

/** Trailing metadata that carries what a status cannot. */
const codeHeader = 'failure-code';
const retryableHeader = 'failure-retryable';
const retryAfterHeader = 'retry-after-ms';

/** What a server's handler threw, as a Failure; the unexpected keeps its own words as the cause, for the log. */
export function failureFromError(error: unknown): Failure {
  if (error instanceof Failure) return error;
  return new Failure('internal', 'internal', 'The service failed to answer.', { cause: error });
}

/** The status and trailer that carry a Failure over the wire. */
export function statusFromFailure(failure: unknown): unknown {
  if (!(failure instanceof Failure)) return failure;
  return new ServerError(statusOfKind[failure.kind], failure.message);
}

export function failureHeaders(failure: unknown): [name: string, value: string][] {
  if (!(failure instanceof Failure)) return [];
  return [
    [codeHeader, failure.code],
    [retryableHeader, String(failure.retryable)],
    ...(failure.retryAfterMs === undefined
      ? []
      : [[retryAfterHeader, String(Math.ceil(failure.retryAfterMs))] satisfies [string, string]]),
  ];
}

/**
 * What a client's call threw: the Failure that the server's handler threw, else one for the transport, whose own text
 * (addresses, ports) is for the log alone. Errors that are no statuses, such as an abort by the caller, stay themselves.
 */
export function failureFromStatus(error: unknown, trailer: Metadata): unknown {
  if (!(error instanceof ClientError)) return error;
  const kind = kindOfStatus.get(error.code) ?? 'internal';
  const code = trailer.get(codeHeader);
  if (code !== undefined) {
    const retryable = trailer.get(retryableHeader) === 'true';
    const retryAfterMs = Number.parseInt(String(trailer.get(retryAfterHeader)), 10);
    const hint = retryAfterMs >= 0 ? { retryAfterMs } : {};
    return new Failure(kind, code, error.details, { cause: error, retryable, ...hint });
  }
  // Servers of ours say what failed in them: without a word it was the connection that broke, in the middle of a call.
  const told = broken.has(error.code) ? 'unavailable' : kind;
  const [transportCode, message] = transportFailures[told] ?? [
    'internal',
    'A service that is needed here failed.',
  ];
  return new Failure(told, transportCode, message, { cause: error });
}

const lateness = [
  'deadline_exceeded',
  'A service that is needed here did not answer in time; try again.',
] as const;

/** The Failure of a call whose deadline has passed. */
export function tooLate(): Failure {
  return new Failure('deadline', ...lateness);
}

const broken: ReadonlySet<Status> = new Set([Status.CANCELLED, Status.UNKNOWN, Status.INTERNAL]);

const transportFailures: Partial<Record<FailureKind, readonly [code: string, message: string]>> = {
  unavailable: ['unavailable', 'A service that is needed here is unavailable; try again.'],
  deadline: lateness,
  exhausted: ['message_too_large', 'The message is too large.'],
};
