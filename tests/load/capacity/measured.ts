/** What a visit runs through; NATS and Postgres as one server of each. */
export type Part =
  | 'biometrics'
  | 'postgres'
  | 'session'
  | 'fraud-signals'
  | 'webhook-dispatcher'
  | 'capture'
  | 'nats'
  | 'gateway'
  | 'share';

/**
 * What one re-authentication takes: create, open, challenge, picture, verdict, three webhooks, decision and half a list. All
 * figures of capacity planning are in this file, and nowhere else: change them, and `pnpm capacity --write` does the rest.
 */
export interface Measured {
  /** How `visitMs` came about, as the guide says it: a run and its machine. */
  readonly condition: string;
  /** Processor time of a visit by part, milliseconds of a core. */
  readonly visitMs: Readonly<Record<Part, number>>;
  /** What of a look stays on cores beside a GPU, milliseconds. */
  readonly lookMsBesideGpu: number;
  /** Stored while everything is kept, bytes, indexes included. */
  readonly storedBytes: number;
  /** Written to the log of Postgres, bytes. */
  readonly writtenBytes: number;
  /** Events that NATS keeps, bytes, and for how many days. */
  readonly eventBytes: number;
  readonly eventDays: number;
  /** From a user: the picture, the page's questions; to a user: page and collector; to an application: answers and webhooks. */
  readonly inBytes: number;
  readonly outBytes: number;
}

/**
 * visitMs, storedBytes, writtenBytes, eventBytes: the last lines of `pnpm bench:load`, as they are to stand here, bytes rounded up.
 * lookMsBesideGpu: of a quiet call what is not in the models (services/biometrics/README.md, Speed). inBytes: the mean of the
 * pictures that the bench sends, and the page's questions. outBytes: page and collector as `pnpm bench:capture` counts them, answers, webhooks.
 */
export const measured: Measured = {
  condition: '1411 visits in 300 s at 4.6 a second by `pnpm bench:load`, everything on 2 cores of AMD EPYC',
  visitMs: {
    biometrics: 52,
    postgres: 65,
    session: 31,
    'fraud-signals': 21,
    'webhook-dispatcher': 14,
    capture: 16,
    nats: 10,
    gateway: 7,
    share: 2,
  },
  lookMsBesideGpu: 12,
  storedBytes: 37_500,
  writtenBytes: 71_800,
  eventBytes: 8_100,
  eventDays: 7,
  inBytes: 70_000,
  outBytes: 60_000,
};

/** What is run however little there is to do: a test compares it with what deploy/kubernetes renders for production. */
export interface Production {
  /** Fewest replicas, times the cores that one requests. */
  readonly leastCores: Readonly<Record<Part, number>>;
  /** Servers that each hold all data, and are each as large as one that does all the work. */
  readonly copies: Readonly<Partial<Record<Part, number>>>;
}

/** Postgres as in the example for CloudNativePG. The gateway is yours, and two replicas of a quarter of a core are assumed. */
export const production: Production = {
  leastCores: {
    biometrics: 4,
    postgres: 6,
    session: 1.5,
    'fraud-signals': 1.5,
    'webhook-dispatcher': 0.2,
    capture: 1.5,
    nats: 0.78,
    gateway: 0.5,
    share: 0.3,
  },
  copies: { postgres: 3, nats: 3 },
};
