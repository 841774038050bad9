import { type Random, randomOf } from './random.ts';

/** What faults happen to: the processes of the system, the second dispatcher among them. */
export const targets = [
  'session',
  'capture',
  'biometrics',
  'fraud-signals',
  'webhook-dispatcher',
  'webhook-dispatcher-2',
  'nats',
  'postgres',
] as const;
export type Target = (typeof targets)[number];

/**
 * kill: SIGKILL of the process, for Postgres its immediate stop (SIGQUIT). kill_backend: SIGKILL of one of Postgres' own
 * processes, after which it recovers as from a crash. lose_store: NATS is killed and its JetStream store deleted.
 * freeze: SIGSTOP, later SIGCONT. fill_disk: NATS finds no space to write, later it does.
 */
export type FaultKind = 'kill' | 'kill_backend' | 'lose_store' | 'freeze' | 'fill_disk';

export interface Fault {
  /** From 1, in the order of the schedule. */
  readonly number: number;
  readonly kind: FaultKind;
  readonly target: Target;
  /** Begins once the load has made this many events. */
  readonly atEvent: number;
  /** How long it lasts: until the process is started again, thawed, or has space. */
  readonly forMs: number;
}

type What = Pick<Fault, 'kind' | 'target'>;

/** Everything that is killed at least once, when there are that many kills. */
const everyKill: readonly What[] = [
  ...targets.map((target): What => ({ kind: 'kill', target })),
  { kind: 'kill_backend', target: 'postgres' },
  { kind: 'lose_store', target: 'nats' },
];

/** Session, where the relay lives, and the dispatchers are where events could be lost. */
const killWeights: readonly (readonly [What, number])[] = [
  [{ kind: 'kill', target: 'session' }, 24],
  [{ kind: 'kill', target: 'capture' }, 8],
  [{ kind: 'kill', target: 'biometrics' }, 6],
  [{ kind: 'kill', target: 'fraud-signals' }, 6],
  [{ kind: 'kill', target: 'webhook-dispatcher' }, 16],
  [{ kind: 'kill', target: 'webhook-dispatcher-2' }, 14],
  [{ kind: 'kill', target: 'nats' }, 12],
  [{ kind: 'kill', target: 'postgres' }, 8],
  [{ kind: 'kill_backend', target: 'postgres' }, 7],
  [{ kind: 'lose_store', target: 'nats' }, 5],
];

const killsPerFreeze = 5;
const killsPerFullDisk = 40;

/** True when a process was killed by it. */
export function isKill(kind: FaultKind): boolean {
  return kind === 'kill' || kind === 'kill_backend' || kind === 'lose_store';
}

/**
 * The faults of a run: the same seed and sizes give the same ones. Beside the kills there are freezes and full disks,
 * one at least of each.
 *
 * @param options.events how many events the load makes; faults are spread over them
 * @param options.kills how many of the faults are kills
 */
export function planFaults(options: { seed: number; events: number; kills: number }): Fault[] {
  const { seed, events, kills } = options;
  const random = randomOf(seed, 'faults');
  const certain = random.shuffle(everyKill).slice(0, kills);
  const drawn = repeat(kills - certain.length, () => random.pickWeighted(killWeights));
  const freezes = repeat(
    Math.ceil(kills / killsPerFreeze),
    (): What => ({
      kind: 'freeze',
      target: random.pick(targets),
    }),
  );
  const fullDisks = repeat(
    Math.ceil(kills / killsPerFullDisk),
    (): What => ({
      kind: 'fill_disk',
      target: 'nats',
    }),
  );
  const all = random.shuffle([...certain, ...drawn, ...freezes, ...fullDisks]);
  const offsets = all.map(() => Math.round(random.between(0.02, 0.95) * events)).sort((a, b) => a - b);
  return all.map((what, index) => ({
    number: index + 1,
    ...what,
    atEvent: offsets[index] ?? 0,
    forMs: Math.round(durationMs(what.kind, random)),
  }));
}

/** Mostly short, because races live there; now and then longer than the leases and waits of the system. */
function durationMs(kind: FaultKind, random: Random): number {
  const isLong = random.next() < 0.15;
  switch (kind) {
    case 'freeze':
      return isLong ? random.between(5_000, 8_000) : random.between(200, 2_500);
    case 'fill_disk':
      return random.between(2_000, 4_000);
    default:
      return isLong ? random.between(2_500, 6_000) : random.between(50, 2_000);
  }
}

function repeat<T>(count: number, make: () => T): T[] {
  return Array.from({ length: Math.max(0, count) }, make);
}
