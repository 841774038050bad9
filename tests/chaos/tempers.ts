/** What a receiver does to one request. late: 200 after the dispatcher has given up. cut: reads it, then hangs up. */
export type Action = 'take' | 'error' | 'throttle' | 'cut' | 'late' | 'hang';

/** How a receiver behaves. */
export interface Temper {
  /** Also the label of its destination. */
  readonly name: string;
  /** Whose destination it is: the application that most sessions belong to, or the other. */
  readonly owner: 'demo' | 'partner';
  readonly isOrdered: boolean;
  /** Weights of what it does to a request. */
  readonly actions: readonly (readonly [Action, number])[];
  /** It takes an event at the latest after so many refusals, so that a run ends. */
  readonly mostRefusals: number;
  /** Listens and does not listen, in turns of so long. */
  readonly closes?: {
    readonly openMs: readonly [number, number];
    readonly closedMs: readonly [number, number];
  };
  /** Answers 429 to the tenth of so many requests. A 429 slows a destination down for minutes, so it is rare. */
  readonly throttlesEvery?: number;
}

/** Nothing goes wrong here: times are measured at it. */
export const goodReceiver = 'always-good';

const always = [['take', 1]] as const;

export const tempers: readonly Temper[] = [
  { name: goodReceiver, owner: 'demo', isOrdered: false, actions: always, mostRefusals: 0 },
  { name: 'ordered', owner: 'demo', isOrdered: true, actions: always, mostRefusals: 0 },
  {
    name: 'answers-500',
    owner: 'demo',
    isOrdered: false,
    actions: [
      ['take', 0.65],
      ['error', 0.35],
    ],
    mostRefusals: 4,
  },
  {
    name: 'hangs',
    owner: 'demo',
    isOrdered: false,
    actions: [
      ['take', 0.97],
      ['hang', 0.03],
    ],
    mostRefusals: 2,
  },
  {
    name: 'refuses-connections',
    owner: 'demo',
    isOrdered: false,
    actions: always,
    mostRefusals: 0,
    closes: { openMs: [3_000, 9_000], closedMs: [300, 2_500] },
  },
  {
    name: 'cuts-connections',
    owner: 'demo',
    isOrdered: false,
    actions: [
      ['take', 0.8],
      ['cut', 0.2],
    ],
    mostRefusals: 4,
  },
  {
    name: 'answers-late',
    owner: 'demo',
    isOrdered: false,
    actions: [
      ['take', 0.97],
      ['late', 0.03],
    ],
    mostRefusals: 2,
  },
  {
    name: 'ordered-and-troubled',
    owner: 'demo',
    isOrdered: true,
    actions: [
      ['take', 0.87],
      ['error', 0.06],
      ['cut', 0.05],
      ['hang', 0.01],
      ['late', 0.01],
    ],
    mostRefusals: 3,
    closes: { openMs: [5_000, 12_000], closedMs: [200, 1_500] },
  },
  {
    name: 'slows-down',
    owner: 'partner',
    isOrdered: false,
    actions: always,
    mostRefusals: 1,
    throttlesEvery: 500,
  },
  { name: 'partner-ordered', owner: 'partner', isOrdered: true, actions: always, mostRefusals: 0 },
];
