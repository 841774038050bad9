import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '@selfsame/runtime/errors';

const attemptsMs = 5_000;
const pauseMs = 250;

/** Network errors and a server that is still starting: worth another attempt. */
const passing = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  '57P03',
]);

/**
 * Tries `connect` for about five seconds, so that services and database may be started together.
 *
 * @param url names host and port in errors; its password never is in one
 * @throws Failure `database_unreachable` (no answer) or `database_refused` (wrong password, no such database, ...)
 */
export async function connectPatiently<T>(url: string, connect: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + attemptsMs;
  for (;;) {
    try {
      return await connect();
    } catch (error) {
      if (error instanceof Failure) throw error;
      const code = errorCode(error);
      const unanswered = passing.has(code) || /timeout|terminated/i.test(String(error));
      if (unanswered && performance.now() + pauseMs < deadline) {
        await sleep(pauseMs);
        continue;
      }
      const place = placeOf(url);
      if (unanswered) {
        throw new Failure(
          'unavailable',
          'database_unreachable',
          `PostgreSQL does not answer at ${place}${code ? ` (${code})` : ''}: start it or correct DATABASE_URL`,
          { cause: error },
        );
      }
      const reason = error instanceof Error ? error.message : 'unknown reason';
      throw new Failure('precondition', 'database_refused', `PostgreSQL at ${place} refused: ${reason}`, {
        cause: error,
      });
    }
  }
}

/** SQLSTATE or the system's error code, '' when there is none. Node reports one error per address it tried. */
export function errorCode(error: unknown): string {
  if (error instanceof AggregateError) return errorCode(error.errors[0]);
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function placeOf(url: string): string {
  const { hostname, port } = new URL(url);
  return `${hostname || 'localhost'}:${port || 5432}`;
}
