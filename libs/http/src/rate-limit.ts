import { createHash } from 'node:crypto';
import type { Database } from '@selfsame/database/database';
import type { FastifyRequest } from 'fastify';
import { sql } from 'kysely';
import { orUnavailable } from './database-errors.ts';
import { DetailError } from './errors.ts';
import { countRefusal } from './refusals.ts';
import type { HttpServer } from './server.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Counts against this budget instead of the common one for reads or writes. */
    rateBudget?: string;
  }
}

/** Requests per sliding 60 s and caller. */
const defaultBudgets: Record<string, number> = { get: 600, write: 300, session_create: 600 };

const sweepIntervalMs = 60_000;

/**
 * Limits the routes of this encapsulated instance, across all replicas. A caller is an API key when `requireApiKey` (added
 * first) has accepted one, else an address. Answers carry X-RateLimit-*; beyond the budget 429 with Retry-After. Without
 * its database the service answers 503.
 *
 * @param options.budgets adds to or replaces `get` 600, `write` 300, `session_create` 600
 */
export function limitRates(
  server: HttpServer,
  options: { database: Database; budgets?: Record<string, number> },
): void {
  const { database } = options;
  const budgets = { ...defaultBudgets, ...options.budgets };

  server.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.config.public || request.is404) return;
    const budget = budgetOf(request);
    const limit = budgets[budget];
    if (limit === undefined) throw new Error(`no rate budget is called ${budget}`);
    const window = await countRequest(database, bucketOf(budget, request), limit);
    reply.headers({
      'x-ratelimit-limit': limit,
      'x-ratelimit-remaining': Math.max(0, Math.floor(limit - load(window))),
      'x-ratelimit-reset': (window.minute + 1) * 60,
    });
    if (window.granted) return;
    countRefusal('rate_limit');
    const retryAfterSeconds = secondsUntilRoom(window, limit);
    const name = budgetNames[budget] ?? 'Request';
    throw new DetailError(
      429,
      `${name} limit reached: ${limit} per minute. Try again in ${retryAfterSeconds} seconds.`,
      { retryAfterSeconds },
    );
  });

  const sweep = setInterval(() => {
    forgetOldWindows(database).catch((err) => server.log.warn({ err }, 'could not sweep old rate limits'));
  }, sweepIntervalMs).unref();
  server.addHook('onClose', async () => clearInterval(sweep));
}

const budgetNames: Record<string, string> = {
  get: 'GET request',
  write: 'Write request',
  session_create: 'Session creation',
};

function budgetOf(request: FastifyRequest): string {
  const reads = ['GET', 'HEAD'].includes(request.method);
  return request.routeOptions.config.rateBudget ?? (reads ? 'get' : 'write');
}

function bucketOf(budget: string, request: FastifyRequest): Buffer {
  // A key that nobody has accepted would let a caller choose fresh buckets.
  const caller = request.principal ? `key ${request.headers['x-api-key']}` : `address ${request.ip}`;
  return createHash('sha256').update(`${budget} ${caller}`).digest();
}

/** A bucket after a request: two fixed minutes that together slide. */
export interface Window {
  readonly minute: number;
  /** Granted requests of the minute before. */
  readonly previous: number;
  /** Granted requests of this minute. */
  readonly current: number;
  /** Seconds since the minute began. */
  readonly elapsed: number;
  readonly granted: boolean;
}

/** Requests of the last 60 s, as if those of the minute before had come evenly. */
export function load(window: Pick<Window, 'previous' | 'current' | 'elapsed'>): number {
  return window.previous * (1 - window.elapsed / 60) + window.current;
}

/** Whole seconds until one more request fits after a refused one, when nobody else asks. */
export function secondsUntilRoom(
  { previous, current, elapsed }: Pick<Window, 'previous' | 'current' | 'elapsed'>,
  limit: number,
): number {
  // Either enough of the minute before slides out, or this minute must end and become the one that slides out.
  const room = limit - current - 1;
  const seconds = room >= 0 ? 60 * (1 - room / previous) : 60 + 60 * (1 - (limit - 1) / current);
  return Math.max(1, Math.ceil(seconds - elapsed));
}

/** Counts one request, unless the budget is used up: refused requests do not prolong the wait. The database's clock counts. */
async function countRequest(database: Database, bucket: Buffer, limit: number): Promise<Window> {
  const statement = sql<Window>`
    WITH clock AS (
      SELECT floor(seconds / 60)::bigint AS minute, (seconds % 60)::float8 AS elapsed
      FROM (SELECT extract(epoch FROM now()) AS seconds) AS now
    ), counted AS (
      INSERT INTO http_rate_limits AS stored (bucket, minute, previous, current, granted)
      SELECT ${bucket}, minute, 0, 1, true FROM clock
      ON CONFLICT (bucket) DO UPDATE SET (minute, previous, current, granted) = (
        SELECT minute, previous, current + granted::int, granted
        FROM (
          SELECT *, previous * (1 - (SELECT elapsed FROM clock) / 60) + current + 1 <= ${limit} AS granted
          FROM (
            SELECT
              greatest(stored.minute, excluded.minute) AS minute,
              CASE stored.minute
                WHEN excluded.minute - 1 THEN stored.current
                WHEN excluded.minute THEN stored.previous
                WHEN excluded.minute + 1 THEN stored.previous
                ELSE 0
              END AS previous,
              CASE WHEN stored.minute >= excluded.minute THEN stored.current ELSE 0 END AS current
          ) AS rolled
        ) AS weighed
      )
      RETURNING minute, previous, current, granted
    )
    SELECT counted.*, clock.elapsed FROM counted, clock`;
  const { rows } = await orUnavailable(statement.execute(database.db));
  const [window] = rows;
  if (!window) throw new Error('counting returns a row');
  return window;
}

/** Deletes buckets that no longer weigh anything. */
export async function forgetOldWindows(database: Database): Promise<void> {
  await sql`
    DELETE FROM http_rate_limits
    WHERE minute < floor(extract(epoch FROM now()) / 60) - 1`.execute(database.db);
}
