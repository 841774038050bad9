import { createHash, randomUUID } from 'node:crypto';
import type { Database } from '@selfsame/database/database';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sql } from 'kysely';
import { orUnavailable } from './database-errors.ts';
import { DetailError } from './errors.ts';
import { countRefusal } from './refusals.ts';
import { type Answer, answerSeal, type Seal } from './sealed-answer.ts';
import type { HttpServer } from './server.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** What this request holds while its answer is awaited. */
    idempotencyHold: Hold | null;
  }
}

interface Hold {
  readonly scope: Buffer;
  readonly holder: string;
  readonly seal: Seal;
}

/** A holder that has not answered by then has crashed; its key is free again. */
const holdSeconds = 60;
const keepHours = 24;
const sweepIntervalMs = 10 * 60_000;

/**
 * Honours the `Idempotency-Key` header on every POST behind `requireApiKey` (added first). The first request runs; equal
 * ones get its stored answer for 24 h with `Idempotency-Replayed: true`. The key with another request, or while the first
 * is under way: 409. Answers of 401, 429 and from 500 on are not kept, so that a repetition runs.
 *
 * The answer is stored after the handler has committed: when the process dies between the two, a repetition runs again.
 */
export function honourIdempotencyKeys(server: HttpServer, options: { database: Database }): void {
  const { database } = options;
  server.decorateRequest('idempotencyHold', null);

  server.addHook('preHandler', async (request, reply) => {
    const key = request.headers['idempotency-key'];
    if (request.method !== 'POST' || !request.principal || key === undefined) return;
    if (typeof key !== 'string' || !/^[\x20-\x7e]{1,255}$/.test(key)) {
      throw new DetailError(400, 'The Idempotency-Key header must hold 1 to 255 visible ASCII characters.');
    }
    const apiKey = String(request.headers['x-api-key']);
    const seal = answerSeal(apiKey, key);
    const hold = { scope: digest(`scope ${apiKey} ${key}`), holder: randomUUID(), seal };
    const earlier = await take(database, hold, fingerprint(apiKey, request));
    if (earlier === undefined) request.idempotencyHold = hold;
    else return replay(reply, seal.open(earlier));
  });

  server.addHook('onSend', async (request, reply, payload) => {
    const hold = request.idempotencyHold;
    if (!hold) return payload;
    request.idempotencyHold = null;
    const { statusCode } = reply;
    const final = statusCode < 500 && statusCode !== 429 && statusCode !== 401;
    const text = payload === null || payload === undefined ? '' : payload;
    try {
      if (final && typeof text === 'string') await keep(database, hold, answerFrom(reply, text));
      else await release(database, hold);
    } catch (err) {
      // The caller learns what has happened; the key is free again when the hold runs out.
      request.log.error({ err }, 'could not keep the answer of an idempotent request');
    }
    return payload;
  });

  const sweep = setInterval(() => {
    forgetOldAnswers(database).catch((err) => server.log.warn({ err }, 'could not sweep old answers'));
  }, sweepIntervalMs).unref();
  server.addHook('onClose', async () => clearInterval(sweep));
}

const digest = (text: string) => createHash('sha256').update(text).digest();

/** Equal for requests that ask the same; with the API key in it, so that nobody else can test guesses of a body. */
function fingerprint(apiKey: string, request: FastifyRequest): Buffer {
  return digest(`request ${apiKey} ${request.method} ${request.url} ${JSON.stringify(request.body ?? null)}`);
}

function answerFrom(reply: FastifyReply, body: string): Answer {
  const header = (name: string) => reply.getHeader(name)?.toString();
  return {
    status: reply.statusCode,
    contentType: header('content-type'),
    location: header('location'),
    body,
  };
}

function replay(reply: FastifyReply, answer: Answer): FastifyReply {
  reply.code(answer.status).header('idempotency-replayed', 'true');
  if (answer.contentType) reply.type(answer.contentType);
  if (answer.location) reply.header('location', answer.location);
  return reply.send(answer.body);
}

/**
 * Takes the key for this request, unless another has it.
 * @returns undefined when taken, else the sealed answer of the earlier request
 * @throws DetailError 409 when the key stands for another request or for one under way
 */
async function take(database: Database, hold: Hold, request: Buffer): Promise<Buffer | undefined> {
  const { rows } = await orUnavailable(
    sql<{ holder: string; request: Buffer; sealed_answer: Buffer | null }>`
      WITH taken AS (
        INSERT INTO http_idempotency AS stored (scope, request, holder, started_at)
        VALUES (${hold.scope}, ${request}, ${hold.holder}, now())
        ON CONFLICT (scope) DO UPDATE
        SET request = excluded.request, holder = excluded.holder, started_at = now(), sealed_answer = NULL
        WHERE stored.started_at < now() - make_interval(hours => ${keepHours})
          OR (stored.sealed_answer IS NULL AND stored.started_at < now() - make_interval(secs => ${holdSeconds}))
        RETURNING holder, request, sealed_answer
      )
      SELECT * FROM taken
      UNION ALL
      SELECT holder, request, sealed_answer FROM http_idempotency
      WHERE scope = ${hold.scope} AND NOT EXISTS (SELECT FROM taken)`.execute(database.db),
  );
  const [row] = rows;
  if (row?.holder === hold.holder) return undefined;
  if (row && !row.request.equals(request)) {
    throw new DetailError(409, 'This Idempotency-Key was used with a different request.');
  }
  if (row?.sealed_answer) return row.sealed_answer;
  countRefusal('in_flight');
  throw new DetailError(409, 'A request with this Idempotency-Key is being processed. Try again shortly.', {
    retryAfterSeconds: 1,
  });
}

async function keep(database: Database, { scope, holder, seal }: Hold, answer: Answer): Promise<void> {
  await sql`
    UPDATE http_idempotency SET sealed_answer = ${seal.close(answer)}
    WHERE scope = ${scope} AND holder = ${holder}`.execute(database.db);
}

async function release(database: Database, { scope, holder }: Hold): Promise<void> {
  await sql`DELETE FROM http_idempotency WHERE scope = ${scope} AND holder = ${holder}`.execute(database.db);
}

/** Deletes keys that are free again. */
export async function forgetOldAnswers(database: Database): Promise<void> {
  await sql`
    DELETE FROM http_idempotency
    WHERE started_at < now() - make_interval(hours => ${keepHours})`.execute(database.db);
}
