/** What went wrong, in the caller's terms. Each kind has one HTTP status and one gRPC status. */
export type FailureKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'precondition'
  | 'exhausted'
  | 'unavailable'
  | 'deadline'
  | 'internal';

/**
 * The one error class. `code` is stable snake_case for machines, `message` is written for the caller and crosses
 * process borders, `cause` stays in this process and its log.
 */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly kind: FailureKind;
  readonly code: string;
  /** The same call may succeed later; by default true of `unavailable` and `deadline`. */
  readonly retryable: boolean;
  /** Milliseconds after which to try again, where the one who refused could tell. */
  readonly retryAfterMs: number | undefined;

  constructor(
    kind: FailureKind,
    code: string,
    callerMessage: string,
    options: { cause?: unknown; retryable?: boolean; retryAfterMs?: number } = {},
  ) {
    super(callerMessage, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.code = code;
    this.retryable = options.retryable ?? (kind === 'unavailable' || kind === 'deadline');
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The stable code of any thrown value: a Failure's code, Node's `code`, else the error's name. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

/** Somebody has to mend something, or wait: anything but a Failure that refuses what the caller has asked for. */
export function isFault(error: unknown): boolean {
  if (!(error instanceof Failure)) return true;
  return error.kind === 'unavailable' || error.kind === 'deadline' || error.kind === 'internal';
}
