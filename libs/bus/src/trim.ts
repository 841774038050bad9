import { streamName } from '@selfsame/contracts/catalog';
import type { Database } from '@selfsame/database/database';
import type { Log } from '@selfsame/runtime/log';
import type { JetStream, StreamView } from './jetstream.ts';
import { findReaders, type Reader } from './readers.ts';
import type { BusTables } from './tables.ts';

/** Above this share of its limits the stream is trimmed, to about the second one. */
const fullAbove = 0.8;
const trimTo = 0.6;
/** How soon a consumer is known to all, whatever happens to the stream then. */
const lookEveryMs = 10_000;
const complainEveryMs = 10 * 60_000;

/**
 * Makes room in the stream, which removes nothing by itself: events leave it when they are older than `keepMs`, or
 * earlier when it is nearly full, and in no case before every durable consumer has handled them. Any number of services
 * may do so at once. When a consumer is so far behind that there is nothing to trim, the log names it; a stream that is
 * full then refuses events, which wait in outboxes until the consumer has read on.
 *
 * @returns to be called whenever the stream has been looked at; never throws
 */
export function createTrimmer(context: {
  jetstream: JetStream;
  database: Database<BusTables>;
  log: Log;
  keepMs: number;
}): (view: StreamView) => Promise<void> {
  const { jetstream, log, keepMs } = context;
  const complained = new Map<string, number>();
  let lookedAt = Number.NEGATIVE_INFINITY;

  function complain(about: string, say: () => void): void {
    const now = performance.now();
    if (now - (complained.get(about) ?? Number.NEGATIVE_INFINITY) < complainEveryMs) return;
    complained.set(about, now);
    say();
  }

  async function trim(view: StreamView): Promise<void> {
    const isFull = view.fill > fullAbove;
    if (!isFull && performance.now() - lookedAt < lookEveryMs) return;
    lookedAt = performance.now();
    const readers = await findReaders(context, view);
    const behind = readers.toSorted((one, other) => one.sequence - other.sequence)[0];
    const overdue = Date.now() - keepMs;
    const goal = Math.max(isFull ? middleOf(view) : 0, await firstSince(jetstream, view, overdue));
    const end = Math.min(goal, behind?.sequence ?? goal);
    if (end > view.firstSequence) {
      const { purged } = await jetstream.manager.streams.purge(streamName, { seq: end });
      log.info({ events: purged, fill: view.fill }, 'read events trimmed');
    }
    if (behind && fillFrom(view, end) > fullAbove) {
      complain(`room ${behind.consumer}`, () =>
        log.warn(
          facts(behind, view),
          'the stream fills up: a consumer is behind, and nothing it needs is trimmed',
        ),
      );
    }
    for (const reader of readers) {
      if (reader.since && reader.since.getTime() < Date.now() - keepMs / 2) {
        complain(`age ${reader.consumer}`, () => log.warn(facts(reader, view), 'a consumer is far behind'));
      }
    }
  }

  return (view) =>
    trim(view).catch((err) => complain('failure', () => log.warn({ err }, 'the stream was not trimmed')));
}

function facts({ consumer, since }: Reader, { fill }: StreamView): Record<string, unknown> {
  return { reader: consumer, oldest_unread: since?.toISOString() ?? 'all', fill };
}

/** Where the stream has to begin to be filled as it should, if its events are of one size. */
function middleOf({ firstSequence, lastSequence, fill }: StreamView): number {
  return firstSequence + Math.floor((lastSequence + 1 - firstSequence) * (1 - trimTo / fill));
}

function fillFrom({ firstSequence, lastSequence, fill }: StreamView, sequence: number): number {
  const all = lastSequence + 1 - firstSequence;
  return all > 0 ? (fill * (lastSequence + 1 - Math.max(sequence, firstSequence))) / all : 0;
}

/** The first event that came at `time` or later, by halving; sequences rise with time. */
async function firstSince(jetstream: JetStream, view: StreamView, time: number): Promise<number> {
  let low = view.firstSequence;
  if (!view.oldest || view.oldest.getTime() >= time) return low;
  let high = view.lastSequence + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const message = await jetstream.next('>', middle);
    if (message && message.time.getTime() < time) low = Math.max(middle, message.sequence) + 1;
    else high = middle;
  }
  return low;
}
