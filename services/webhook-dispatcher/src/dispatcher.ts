import { setTimeout as sleep } from 'node:timers/promises';
import { attemptDelivery } from './attempts.ts';
import { type Context, leaseMs, lookMs } from './context.ts';
import type { Delivery } from './domain/delivery.ts';
import { grant } from './domain/health.ts';
import { createSlots } from './domain/slots.ts';
import {
  type Claimed,
  claimDue,
  claimFrom,
  type LimitedDestination,
  listLimited,
  release,
  setAside,
} from './outbound/claim-store.ts';
import { lockHealth, saveHealth } from './outbound/health-store.ts';
import { endVainWaits, lockSessions, takeUpHeld, wakeNext } from './outbound/turn-store.ts';
import { createRecorder } from './recorder.ts';

/** Runs attempts: at most so many at once, in all and for each destination. The waiting ones wait in the database. */
export interface Dispatcher {
  /** Slots that `start` would find now, in all and for one destination. */
  room(): number;
  roomFor(destinationId: string, maxInFlight: number | null): number;
  /** Attempts a claimed delivery at once; without a free slot the claim is given back. */
  start(delivery: Delivery): void;
  /** Something was committed that is due and that nobody has claimed. */
  wake(): void;
  /** Claims no more and waits for the attempts under way. */
  stop(): Promise<void>;
}

/** Claims follow each other no faster than this, so that each brings many. */
const claimPauseMs = 4;
/** Attempts that are not written down yet, beside those under way. */
const maxUnrecorded = 1_024;
const limitedAtOnce = 64;
const upkeepBatch = 500;

/**
 * Starts looking for deliveries that are due: now, at every poll, when told, and whenever a slot becomes free after there
 * was none (for then something may have been left waiting).
 */
export function startDispatcher(context: Context): Dispatcher {
  const { config, database, log } = context;
  const slots = createSlots(config.concurrency, config.concurrencyPerDestination);
  const recorder = createRecorder(context, claim);
  const underWay = new Set<Promise<void>>();
  let stopped = false;
  let claiming = Promise.resolve();
  let isClaiming = false;
  let claimAgain = false;
  let claimedAt = 0;
  /** Some destinations let through only so much: they are asked one by one. */
  let askLimited = true;

  function track(work: Promise<void>): void {
    const tracked = work
      .catch((err) =>
        log.error({ err }, 'webhook attempt failed before it was recorded; it will be repeated'),
      )
      .finally(() => {
        const wasFull = room() < 1;
        underWay.delete(tracked);
        if (wasFull) claim();
      });
    underWay.add(tracked);
  }

  function start(delivery: Delivery): void {
    const { destinationId } = delivery;
    if (stopped || !slots.take(destinationId, delivery.destination.maxInFlight)) {
      track(release(database.db, delivery).finally(claim));
      return;
    }
    const onAnswer = () => {
      const wasFull = slots.roomFor(destinationId, delivery.destination.maxInFlight) < 1;
      slots.giveBack(destinationId);
      if (wasFull || askLimited) claim();
    };
    track(attemptDelivery(context, recorder, delivery, { onAnswer }));
  }

  const room = () => Math.min(slots.room(), config.concurrency + maxUnrecorded - underWay.size);

  /** One look at a time; whoever asks meanwhile gets another one after it. */
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
      while (claimAgain && !stopped && room() > 0) {
        const pauseMs = claimedAt + claimPauseMs - performance.now();
        if (pauseMs > 0) await sleep(pauseMs);
        claimAgain = false;
        claimedAt = performance.now();
        const claimed = await claimDue(database.db, {
          room: room(),
          roomPerDestination: config.concurrencyPerDestination,
          busy: slots.taken(),
          leaseMs: leaseMs(config),
        });
        await take(claimed);
        // Where something was found there may be more; only an empty answer, or no room, is an end.
        if (claimed.ready.length + claimed.stranded.length > 0) claimAgain = true;
        if (askLimited) await claimLimited();
      }
    } finally {
      // In the same breath as the last look at claimAgain: nobody can ask in between and be forgotten.
      isClaiming = false;
    }
  }

  async function take({ ready, stranded }: Claimed): Promise<void> {
    for (const delivery of ready) start(delivery);
    if (stranded.length === 0) return;
    const sessionIds = [...new Set(stranded.map(({ sessionId }) => sessionId))];
    await database.transaction(async (tx) => {
      await lockSessions(tx, sessionIds);
      await setAside(tx, stranded);
      await wakeNext(tx, sessionIds);
    });
  }

  async function claimLimited(): Promise<void> {
    const limited = await listLimited(database.db, limitedAtOnce);
    askLimited = limited.length > 0;
    for (const destination of limited) {
      if (stopped || room() < 1) return;
      await take(await claimGranted(destination));
    }
  }

  /** What a destination's owner and health let through, claimed and noted in one transaction. */
  async function claimGranted({ id, ratePerSecond, maxInFlight }: LimitedDestination): Promise<Claimed> {
    const wanted = Math.min(room(), slots.roomFor(id, maxInFlight));
    const nothing: Claimed = { ready: [], stranded: [] };
    if (wanted < 1) return nothing;
    return await database.transaction(async (tx) => {
      const locked = await lockHealth(tx, id, { skipLocked: true });
      if (locked === undefined) return nothing; // another replica is at it
      const ask = { ratePerSecond, now: locked.now, probeMs: leaseMs(config) };
      const { count } = grant(locked.health, { ...ask, wanted });
      if (count === 0) return nothing;
      const claimed = await claimFrom(tx, id, { limit: count, leaseMs: leaseMs(config) });
      if (claimed.ready.length > 0) {
        await saveHealth(tx, id, grant(locked.health, { ...ask, wanted: claimed.ready.length }).health);
      }
      return claimed;
    });
  }

  async function upkeep(): Promise<void> {
    const times = { gapMs: config.gapMs, lookMs: lookMs(config) };
    const skipping = await database.transaction((tx) => endVainWaits(tx, { limit: upkeepBatch, ...times }));
    for (const delivery_id of skipping) {
      log.warn({ delivery_id }, 'an earlier event of the session never came: going on without it');
    }
    while (!stopped && (await takeUpHeld(database.db, upkeepBatch)) === upkeepBatch);
  }

  let upkeeping = Promise.resolve();
  let isUpkeeping = false;
  function poll(): void {
    askLimited = true;
    claim();
    if (isUpkeeping) return;
    isUpkeeping = true;
    upkeeping = upkeep()
      .catch((err) => log.warn({ err }, 'could not look after waiting webhooks'))
      .finally(() => {
        isUpkeeping = false;
      });
  }
  const timer = setInterval(poll, config.pollIntervalMs);
  poll();

  return {
    room: () => (stopped ? 0 : room()),
    roomFor: (destinationId, maxInFlight) => slots.roomFor(destinationId, maxInFlight),
    start,
    wake() {
      askLimited = true;
      claim();
    },
    async stop() {
      stopped = true;
      clearInterval(timer);
      await Promise.all([claiming, upkeeping]);
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}
