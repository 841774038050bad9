import { Failure } from '@selfsame/runtime/errors';
import { errorCode } from './connect.ts';

/**
 * What says nothing about the statement, only that the database cannot be asked now: the system's errors of a connection, and
 * SQLSTATEs of lost connections (08), too few resources (53: connections, memory, disk), a server that stops or starts and
 * statements that took too long (57), transactions ended for their idleness (25P03).
 */
const passing =
  /^(ECONN(REFUSED|RESET|ABORTED)|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|E(HOST|NET)UNREACH|08...|53...|57...|25P03)$/;
/** The same in the words of the driver and the pool, which give no code. */
const words =
  /connection terminated|timeout exceeded when trying to connect|query read timeout|not queryable|calling end on the pool|driver has already been destroyed/i;

/** A Failure `database_unavailable` for whoever asked while the database could not answer; any other error as it is. */
export function orUnavailable(error: unknown): unknown {
  if (error instanceof Failure || !(error instanceof Error)) return error;
  const code = errorCode(error);
  if (!passing.test(code) && (code !== '' || !words.test(error.message))) return error;
  return new Failure(
    'unavailable',
    'database_unavailable',
    'The database does not answer. Try again shortly.',
    {
      cause: error,
      retryable: true,
    },
  );
}
