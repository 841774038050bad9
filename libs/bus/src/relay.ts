import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '@selfsame/database/database';
import type { Log } from '@selfsame/runtime/log';
import { isFull, type JetStream, type StreamView } from './jetstream.ts';
import {
  type Acknowledgement,
  forgetAcknowledgements,
  newestAcknowledged,
  type OutboxEvent,
  pruneOutbox,
  recordAcknowledged,
  takeLost,
  takeWaiting,
} from './outbox.ts';
import { createRecorder } from './recorder.ts';
import type { BusTables } from './tables.ts';
import { createTrimmer } from './trim.ts';

const sweepEveryMs = 1_000;
const minPauseMs = 100;
const pruneEveryMs = 60_000;
const batchSize = 200;
/** Rows that are compared with the stream at a time. */
const pageSize = 100;
/** More publishes at once than this wait in the outbox for the sweep. */
const maxInFlight = 1_000;

export interface Relay {
  /** Publishes an event whose transaction has just committed, if that is possible right now; the sweep does it otherwise. */
  offer(event: OutboxEvent): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Moves events from the outbox into the stream, at least once each, whatever crashes.
 *
 * Postgres is the truth and the stream may fall behind it in four ways. Every one ends in rows that the sweep finds:
 *
 * 1. We die, or NATS is away, between commit and acknowledgement: the row has no acknowledgement.
 * 2. The stream is another one (store deleted, stream made anew): its creation time differs from the `incarnation` of the
 *    rows it should have, so these rows are found by comparing, with nothing to remember or to repair.
 * 3. The same stream lost its end (a crash before fsync, a restored backup): its last sequence fell, or an acknowledgement
 *    is not above all earlier ones, or we were disconnected and cannot tell. Then we walk back through our acknowledged
 *    rows and ask the stream for each; those it does not have as we left them wait again. A page without a loss ends the
 *    walk.
 * 4. An acknowledgement was not recorded: the row is published twice. The id keeps the stream free of duplicates within
 *    its window, and consumers are idempotent.
 *
 * A stream that is full refuses events and is otherwise as it was: they wait for the sweep, which has it trimmed first.
 *
 * After a disconnect the fast path stays closed until the stream has been looked at: otherwise new events could fill up a
 * shortened stream and hide the loss. The incarnation recorded for a row is the one known before publishing, so that it
 * can be too old (published once more) but never too new (lost).
 */
export async function startRelay(options: {
  database: Database<BusTables>;
  jetstream: JetStream;
  log: Log;
  /** How long acknowledged events stay, to be published again should the stream be lost. */
  keepMs: number;
}): Promise<Relay> {
  const { database, jetstream, log, keepMs } = options;
  const trim = createTrimmer(options);
  const recorder = createRecorder(database, log);
  const inFlight = new Set<Promise<void>>();
  const stopping = new AbortController();
  let view: StreamView | undefined;
  /** The stream is as we left it, as far as we know: the fast path is open. */
  let trusted = false;
  let suspicious = true;
  /** Highest sequence we know the stream has had. */
  let highest = 0;
  let wake = () => {};
  let prunedAt = 0;

  function suspect(): void {
    trusted = false;
    suspicious = true;
    wake();
  }

  /** @param incarnation as known before, see above */
  async function publish(event: OutboxEvent, incarnation: string): Promise<Acknowledgement> {
    const before = highest;
    const { seq, duplicate } = await jetstream.publish(event);
    if (!duplicate && seq <= before) suspect();
    highest = Math.max(highest, seq);
    return { position: event.position, incarnation, sequence: seq };
  }

  /** Looks at the stream, and for lost events when there is a reason; opens the fast path when all is well. */
  async function examine(): Promise<StreamView> {
    await recorder.flush();
    const before = highest;
    const now = await jetstream.look();
    const isNew = view !== undefined && now.incarnation !== view.incarnation;
    if (isNew) log.warn({ created: now.incarnation }, 'the stream is a new one: publishing again');
    if (isNew || now.lastSequence < before) suspicious = true;
    view = now;
    if (suspicious) {
      suspicious = false; // a disconnect while we look sets it again
      trusted = false;
      highest = now.lastSequence;
      try {
        const lost = await forgetLost(now);
        if (lost > 0) log.warn({ lost }, 'the stream lost its end: publishing again');
      } catch (error) {
        suspicious = true;
        throw error;
      }
    }
    trusted = !suspicious && jetstream.connected();
    return now;
  }

  /**
   * Walks back through what this stream has acknowledged.
   * @returns how many events it does not have; they wait again
   */
  async function forgetLost(now: StreamView): Promise<number> {
    let total = 0;
    let bound: { sequence: number; position: number } | undefined;
    for (;;) {
      const page = await newestAcknowledged(database.db, now.incarnation, pageSize, bound);
      const found = await Promise.all(page.map(({ sequence, id }) => jetstream.find(now, sequence, id)));
      const lost = page.filter((_, index) => found[index] !== 'there').map(({ position }) => position);
      if (lost.length === 0) return total;
      await forgetAcknowledgements(database.db, lost);
      total += lost.length;
      bound = page.at(-1);
    }
  }

  /**
   * @returns false when nothing is left to publish
   * @throws what the first publish that failed threw; the others are recorded
   */
  async function publishBatch(incarnation: string): Promise<boolean> {
    const results = await database.transaction(async (tx) => {
      const lost = await takeLost(tx, incarnation, batchSize);
      const waiting = await takeWaiting(tx, batchSize);
      // Started in order on one connection, so they are stored in order.
      const attempts = await Promise.allSettled(
        [...lost, ...waiting].map((event) => publish(event, incarnation)),
      );
      await recordAcknowledged(
        tx,
        attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : [])),
      );
      return attempts;
    });
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
    if (results.length > 0) log.info({ events: results.length }, 'events swept');
    return results.length >= batchSize;
  }

  async function sweep(): Promise<void> {
    const now = await examine();
    await trim(now);
    const { incarnation } = now;
    while (trusted && !stopping.signal.aborted && (await publishBatch(incarnation)));
    if (prunedAt && performance.now() - prunedAt < pruneEveryMs) return;
    while (!stopping.signal.aborted && (await pruneOutbox(database, incarnation, keepMs)));
    prunedAt = performance.now();
  }

  async function run(): Promise<void> {
    let troubled = false;
    while (!stopping.signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      try {
        if (jetstream.connected()) {
          await sweep();
          if (troubled) log.info('events flow again');
          troubled = false;
        }
      } catch (err) {
        trusted = false;
        suspicious ||= !isFull(err);
        if (!troubled) log.warn({ err }, 'events wait in the outbox');
        troubled = true;
      }
      await pause(minPauseMs); // even when woken: a server that refuses every publish is not asked in a tight loop
      await Promise.race([woken, pause(sweepEveryMs - minPauseMs)]);
    }
  }

  const pause = (ms: number) => sleep(ms, undefined, { signal: stopping.signal }).catch(() => {});
  jetstream.onConnectionChange(suspect);
  await examine(); // the first event takes the fast path already
  const running = run();

  return {
    offer(event) {
      if (!trusted || !view || inFlight.size >= maxInFlight) return Promise.resolve();
      const attempt: Promise<void> = publish(event, view.incarnation)
        .then(recorder.record, (err) => {
          log.debug({ err, event_id: event.id }, 'left to the sweep');
          if (isFull(err)) trusted = false;
          else suspect();
        })
        .finally(() => inFlight.delete(attempt));
      inFlight.add(attempt);
      return attempt;
    },
    async stop() {
      stopping.abort();
      await running;
      await Promise.all(inFlight);
      await recorder.flush();
    },
  };
}
