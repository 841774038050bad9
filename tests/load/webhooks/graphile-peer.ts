import { randomUUIDv7 } from 'node:crypto';
import { makeWorkerUtils, run, type Task } from 'graphile-worker';
import pg from 'pg';
import { Agent, request } from 'undici';
import { serveHelper } from './helper-process.ts';
import { signedPost } from './signed-post.ts';

/** How graphile-worker is run; its documentation tunes throughput with these. */
export interface PeerSettings {
  readonly concurrentJobs: number;
  readonly maxPoolSize: number;
}

interface Job {
  readonly eventId: string;
  readonly destinationId: string;
  readonly url: string;
  readonly body: string;
}

/**
 * graphile-worker on the same job: a durable job a webhook, whose task signs, posts and writes a row of the attempt. Like
 * the dispatcher it logs a line for each.
 */
const calls = {
  /** Fills the queue, which nobody works on yet. */
  async fill(input: { url: string; targets: readonly string[]; body: string; count: number }): Promise<void> {
    const { url, targets, body, count } = input;
    const utils = await makeWorkerUtils({ connectionString: url });
    await utils.migrate();
    await utils.withPgClient((client) => client.query(attemptsTable));
    const destinations = targets.map((url) => ({ destinationId: randomUUIDv7(), url }));
    const batch = 1_000;
    for (let from = 0; from < count; from += batch) {
      const jobs = Array.from({ length: Math.min(batch, count - from) }, (_, index): Job => {
        const destination = destinations[(from + index) % destinations.length] ?? {
          destinationId: '',
          url: '',
        };
        return { ...destination, eventId: randomUUIDv7(), body };
      });
      await utils.addJobs(jobs.map((payload) => ({ identifier: 'webhook', payload })));
    }
    await utils.release();
  },

  /** Works until the queue is empty. */
  async work(input: { url: string; settings: PeerSettings }): Promise<void> {
    const { url, settings } = input;
    const runner = await run({
      preset: {
        worker: {
          connectionString: url,
          ...settings,
          localQueue: { size: 500 },
          completeJobBatchDelay: 0,
          failJobBatchDelay: 0,
        },
      },
      taskList: { webhook },
      noHandleSignals: true,
    });
    await untilEmpty(url);
    await runner.stop();
  },
};

export type GraphilePeerCalls = typeof calls;

const agent = new Agent({ pipelining: 1 });

/** What the dispatcher keeps of an attempt, and the ways it is looked up. */
const attemptsTable = `
  CREATE TABLE IF NOT EXISTS peer_attempts (
    position         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id               uuid NOT NULL UNIQUE,
    event_id         uuid NOT NULL,
    destination_id   uuid NOT NULL,
    request_url      text NOT NULL,
    request_header   text NOT NULL,
    response_status  integer NOT NULL,
    response_time_ms integer NOT NULL,
    response_body    text NOT NULL,
    created_at       timestamptz NOT NULL
  );
  CREATE INDEX IF NOT EXISTS peer_attempts_destination ON peer_attempts (destination_id, position);
  CREATE INDEX IF NOT EXISTS peer_attempts_event ON peer_attempts (event_id)`;

const insertAttempt = {
  name: 'insert-attempt',
  text: `INSERT INTO peer_attempts (
      id, event_id, destination_id, request_url, request_header, response_status, response_time_ms, response_body, created_at
    ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
};

const webhook: Task = async (payload, helpers) => {
  const { eventId, destinationId, url, body } = payload as Job;
  const post = signedPost(body, eventId);
  const createdAt = new Date();
  const startMs = performance.now();
  const answer = await request(url, { dispatcher: agent, method: 'POST', ...post });
  const responseMs = Math.round(performance.now() - startMs);
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`the receiver answered ${answer.statusCode}`);
  const headers = JSON.stringify(post.headers);
  const ids = [randomUUIDv7(), eventId, destinationId];
  const row = [...ids, url, headers, answer.statusCode, responseMs, text, createdAt];
  await helpers.withPgClient((client) => client.query({ ...insertAttempt, values: row }));
};

/** Looks at one row, so that looking costs the contender nothing that counts. */
async function untilEmpty(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const deadlineMs = performance.now() + 300_000;
  for (;;) {
    const { rowCount } = await client.query('SELECT 1 FROM graphile_worker._private_jobs LIMIT 1');
    if (rowCount === 0) break;
    if (performance.now() > deadlineMs) throw new Error('jobs are left after five minutes');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await client.end();
}

serveHelper(calls);
