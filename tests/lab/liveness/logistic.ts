/** One presentation, as the regression sees it. */
export interface Sample {
  /** Species or bona fide source: all of one side weigh the same together, however many presentations each has. */
  readonly source: string;
  readonly live: boolean;
  readonly cues: readonly number[];
}

const ROUNDS = 8000;
const RATE = 0.3;
/** Shrinks weights a little, so that a cue that separates by chance does not run away. */
const PENALTY = 0.01;

/** Weights of a logistic regression by gradient descent, the bias first. The same samples give the same weights. */
export function fitLogistic(samples: readonly Sample[], cues: number): number[] {
  const weights = new Array<number>(cues + 1).fill(0);
  const shares = balance(samples);
  for (let round = 0; round < ROUNDS; round += 1) {
    const slope = weights.map((weight, index) => (index === 0 ? 0 : PENALTY * weight));
    samples.forEach((sample, row) => {
      const logOdds = sample.cues.reduce(
        (sum, cue, index) => sum + cue * (weights[index + 1] ?? 0),
        weights[0] ?? 0,
      );
      const error = (1 / (1 + Math.exp(-logOdds)) - (sample.live ? 1 : 0)) * (shares[row] ?? 0);
      slope[0] = (slope[0] ?? 0) + error;
      sample.cues.forEach((cue, index) => {
        slope[index + 1] = (slope[index + 1] ?? 0) + error * cue;
      });
    });
    for (let index = 0; index < weights.length; index += 1) {
      weights[index] = (weights[index] ?? 0) - RATE * (slope[index] ?? 0);
    }
  }
  return weights;
}

/** Attacks and bona fides weigh the same, and so does every source within its side. */
function balance(samples: readonly Sample[]): number[] {
  const counts = new Map<string, number>();
  const sources: Record<'live' | 'attack', Set<string>> = { live: new Set(), attack: new Set() };
  for (const { source, live } of samples) {
    counts.set(source, (counts.get(source) ?? 0) + 1);
    sources[live ? 'live' : 'attack'].add(source);
  }
  return samples.map(
    ({ source, live }) => 0.5 / sources[live ? 'live' : 'attack'].size / (counts.get(source) ?? 1),
  );
}
