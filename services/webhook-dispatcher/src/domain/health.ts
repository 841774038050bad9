import { clampRetryAfter, isSuccess, type Outcome } from './schedule.ts';

/**
 * How a destination has been doing, as all replicas see it.
 *
 * The circuit is closed while attempts get answers. It opens after some failures in a row, so that a dead receiver costs
 * one attempt now and then instead of all its deliveries' attempts; when `circuitUntil` has passed, one attempt is let
 * through (half open) and decides. Times are the database's.
 */
export interface Health {
  readonly circuit: 'closed' | 'open' | 'half_open';
  /** Open: nothing goes out before. Half open: the probe is given up then. */
  readonly circuitUntil: Date | null;
  /** How often the circuit has opened since the last success. */
  readonly openings: number;
  /** Timeouts, connection errors and 5xx in a row. */
  readonly consecutiveFailures: number;
  /** After 429, nothing goes out before. */
  readonly pausedUntil: Date | null;
  /** Attempts a second since the last 429, at `slowedAt`; doubles every minute until it is no limit any more. */
  readonly slowRate: number | null;
  readonly slowedAt: Date | null;
  /** Where a limited rate is used up to (the theoretical arrival time of the generic cell rate algorithm). */
  readonly rateUsedUntil: Date | null;
  /** First failure after the last success, and failures since. */
  readonly failingSince: Date | null;
  readonly failures: number;
}

/** A destination that nothing is wrong with. */
export const soundHealth: Health = {
  circuit: 'closed',
  circuitUntil: null,
  openings: 0,
  consecutiveFailures: 0,
  pausedUntil: null,
  slowRate: null,
  slowedAt: null,
  rateUsedUntil: null,
  failingSince: null,
  failures: 0,
};

/** How patient the system is with a destination. */
export interface HealthPolicy {
  /** The circuit opens after so many failures in a row ... */
  readonly openAfterFailures: number;
  /** ... for so long; each opening without a success between doubles it. */
  readonly cooldownMs: number;
  readonly maxCooldownMs: number;
  /** Nothing but failures for so long switches a destination off. */
  readonly disableAfterMs: number;
}

/** Fewer failures than this never switch a destination off, however far apart they are. */
const disableAfterFailures = 10;

const pauseAfter429Ms = 30_000;
const maxPauseMs = 3_600_000;
/** What the first 429 slows down to, the least that later ones do, and where a rate is no limit any more. */
const slow = { first: 8, least: 0.2, none: 200, doublingMs: 60_000 } as const;

/** How a destination is doing, in one word: it takes what it gets, has failed since it last did, or is left alone. */
export type DestinationClass = 'healthy' | 'troubled' | 'failing';

/** @param hasFailed since it last took something */
export function classOf(circuit: Health['circuit'], hasFailed: boolean): DestinationClass {
  if (circuit !== 'closed') return 'failing';
  return hasFailed ? 'troubled' : 'healthy';
}

/** What a destination's owner and its health let through. */
export interface Grant {
  readonly count: number;
  /** After these have gone out. */
  readonly health: Health;
}

/** Whether deliveries may be claimed without asking `grant`. */
export function isSound(health: Health, ratePerSecond: number | null): boolean {
  return (
    ratePerSecond === null &&
    health.circuit === 'closed' &&
    health.pausedUntil === null &&
    health.slowRate === null
  );
}

/**
 * How many of the wanted attempts may go out now.
 *
 * @param ratePerSecond the owner's limit
 * @param probeMs how long a probe of a half-open circuit may take before another is made
 */
export function grant(
  health: Health,
  options: { wanted: number; ratePerSecond: number | null; now: Date; probeMs: number },
): Grant {
  const { wanted, ratePerSecond, now, probeMs } = options;
  const nothing = { count: 0, health };
  if (isAfter(health.pausedUntil, now)) return nothing;
  const rested: Health = { ...health, pausedUntil: null };
  if (health.circuit !== 'closed') {
    if (isAfter(health.circuitUntil, now) || wanted < 1) return nothing;
    const circuitUntil = later(now, probeMs);
    return { count: 1, health: { ...rested, circuit: 'half_open', circuitUntil } };
  }
  const slowRate = currentSlowRate(rested, now);
  const recovered: Health = slowRate === null ? { ...rested, slowRate: null, slowedAt: null } : rested;
  const rate = Math.min(slowRate ?? Number.POSITIVE_INFINITY, ratePerSecond ?? Number.POSITIVE_INFINITY);
  if (rate === Number.POSITIVE_INFINITY) return { count: wanted, health: recovered };
  return takeFromRate(recovered, rate, wanted, now);
}

/** What an attempt says about its destination. */
export function afterAttempt(health: Health, outcome: Outcome, now: Date, policy: HealthPolicy): Health {
  if (isSuccess(outcome)) return afterSuccess(health);
  if (!comesFromReceiver(outcome)) return health;
  const failing: Health = {
    ...health,
    failingSince: health.failingSince ?? now,
    failures: health.failures + 1,
  };
  if (outcome.kind === 'answered' && outcome.status < 500) {
    // It lives and speaks HTTP: whatever it dislikes about this request, the others may go out.
    const answering: Health = { ...failing, circuit: 'closed', circuitUntil: null, consecutiveFailures: 0 };
    return outcome.status === 429 ? slowedDown(answering, outcome.retryAfterMs, now) : answering;
  }
  return afterUnanswered(failing, now, policy);
}

/** Whether nothing but failures has come from a destination for so long that it is switched off. */
export function isHopeless(health: Health, now: Date, policy: HealthPolicy): boolean {
  if (health.failingSince === null || health.failures < disableAfterFailures) return false;
  return now.getTime() - health.failingSince.getTime() >= policy.disableAfterMs;
}

/** Our own refusals and troubles say nothing about a destination. */
function comesFromReceiver({ kind }: Outcome): boolean {
  return kind === 'answered' || kind === 'timeout' || kind === 'connection_error';
}

/** A limit that 429 has set lives on: it ends by itself. */
function afterSuccess(health: Health): Health {
  const { slowRate, slowedAt, pausedUntil, rateUsedUntil } = health;
  return { ...soundHealth, slowRate, slowedAt, pausedUntil, rateUsedUntil };
}

function afterUnanswered(health: Health, now: Date, policy: HealthPolicy): Health {
  const consecutiveFailures = health.consecutiveFailures + 1;
  const counted: Health = { ...health, consecutiveFailures };
  // Attempts that were under way when the circuit opened do not open it once more.
  if (health.circuit === 'open') return counted;
  if (health.circuit === 'closed' && consecutiveFailures < policy.openAfterFailures) return counted;
  const cooldownMs = Math.min(policy.cooldownMs * 2 ** health.openings, policy.maxCooldownMs);
  return {
    ...counted,
    circuit: 'open',
    circuitUntil: later(now, cooldownMs),
    openings: Math.min(health.openings + 1, 30),
  };
}

function slowedDown(health: Health, retryAfterMs: number | null, now: Date): Health {
  // Of those that were under way together, the first has slowed it down for all.
  if (isAfter(health.pausedUntil, now)) return health;
  const pauseMs =
    retryAfterMs === null ? pauseAfter429Ms : Math.min(clampRetryAfter(retryAfterMs), maxPauseMs);
  const rate = currentSlowRate(health, now);
  return {
    ...health,
    pausedUntil: later(now, pauseMs),
    slowRate: rate === null ? slow.first : Math.max(rate / 2, slow.least),
    slowedAt: later(now, pauseMs),
  };
}

function currentSlowRate({ slowRate, slowedAt }: Health, now: Date): number | null {
  if (slowRate === null || slowedAt === null) return null;
  const doublings = Math.max(0, now.getTime() - slowedAt.getTime()) / slow.doublingMs;
  const rate = slowRate * 2 ** Math.floor(doublings);
  return rate < slow.none ? rate : null;
}

/** At most one second's worth may gather while nothing goes out. */
function takeFromRate(health: Health, rate: number, wanted: number, now: Date): Grant {
  const intervalMs = 1_000 / rate;
  const burst = Math.max(1, Math.floor(rate));
  const start = Math.max(health.rateUsedUntil?.getTime() ?? 0, now.getTime() - burst * intervalMs);
  // A quotient that is a hair below a whole number, as sums of milliseconds since 1970 are, would never grant the one that is due.
  const free = Math.floor((now.getTime() - start) / intervalMs + 1e-3);
  const count = Math.max(0, Math.min(wanted, free));
  return { count, health: { ...health, rateUsedUntil: new Date(Math.ceil(start + count * intervalMs)) } };
}

function isAfter(time: Date | null, now: Date): boolean {
  return time !== null && time.getTime() > now.getTime();
}

function later(now: Date, ms: number): Date {
  return new Date(now.getTime() + ms);
}
