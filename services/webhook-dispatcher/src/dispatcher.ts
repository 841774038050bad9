import { attemptDelivery } from './attempts.ts';
import { type Context, leaseMs } from './context.ts';
import type { Delivery } from './domain/delivery.ts';
import { createSlots } from './domain/slots.ts';
import { claimDue, release } from './outbound/delivery-store.ts';

/** Runs attempts: at most so many at once, in all and for each destination. The waiting ones wait in the database. */
export interface Dispatcher {
  /** Whether `start` would find a slot now. */
  hasRoom(destinationId: string): boolean;
  /** Attempts a claimed delivery at once; without a free slot the claim is given back. */
  start(delivery: Delivery): void;
  /**
   * A delivery was committed that nobody has claimed. The slot it found taken may have become free before the commit, when
   * looking for it was of no use.
   */
  wake(destinationId: string): void;
  /** Claims no more and waits for the attempts under way. */
  stop(): Promise<void>;
}

/**
 * Starts looking for deliveries that are due: now, at every poll, and whenever a slot becomes free after there was none
 * (for then something may have been left waiting).
 */
export function startDispatcher(context: Context): Dispatcher {
  const { config, database, log } = context;
  const slots = createSlots(config.concurrency, config.concurrencyPerDestination);
  const underWay = new Set<Promise<void>>();
  let stopped = false;
  let claiming = Promise.resolve();
  let isClaiming = false;
  let claimAgain = false;

  function track(work: Promise<void>): void {
    const tracked = work
      .catch((err) =>
        log.error({ err }, 'webhook attempt failed before it was recorded; it will be repeated'),
      )
      .finally(() => underWay.delete(tracked));
    underWay.add(tracked);
  }

  function start(delivery: Delivery): void {
    if (stopped || !slots.take(delivery.destinationId)) {
      track(release(database.db, delivery).finally(claim));
      return;
    }
    const attempt = attemptDelivery(context, delivery).finally(() => {
      const wasFull = !slots.hasRoom(delivery.destinationId);
      slots.giveBack(delivery.destinationId);
      if (wasFull) claim();
    });
    track(attempt);
  }

  /** One query at a time; whoever asks meanwhile gets another one after it. */
  function claim(): void {
    claimAgain = true;
    if (isClaiming) return;
    isClaiming = true;
    claiming = claimWhileAsked().catch((err) =>
      log.warn({ err }, 'could not look for webhooks that are due'),
    );
  }

  async function claimWhileAsked(): Promise<void> {
    try {
      while (claimAgain && !stopped && slots.room() > 0) {
        claimAgain = false;
        const claimed = await claimDue(database.db, {
          room: slots.room(),
          roomPerDestination: config.concurrencyPerDestination,
          busy: slots.roomOfBusy(),
          leaseMs: leaseMs(config),
        });
        for (const delivery of claimed) start(delivery);
        // Where something was found there may be more; only an empty answer, or no room, is an end.
        if (claimed.length > 0) claimAgain = true;
      }
    } finally {
      // In the same breath as the last look at claimAgain: nobody can ask in between and be forgotten.
      isClaiming = false;
    }
  }

  const poll = setInterval(claim, config.pollIntervalMs);
  claim();

  return {
    hasRoom: (destinationId) => !stopped && slots.hasRoom(destinationId),
    start,
    wake(destinationId) {
      if (slots.hasRoom(destinationId)) claim();
    },
    async stop() {
      stopped = true;
      clearInterval(poll);
      await claiming;
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}
