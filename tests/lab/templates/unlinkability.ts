/**
 * Unlinkability after Gomez-Barrero, Galbally, Rathgeb and Busch ("General framework to evaluate unlinkability in
 * biometric template protection systems", IEEE TIFS 13(6), 2018), from linkage scores of templates of different keys:
 * mated ones are of one person, non-mated ones of two.
 */

/** Of one range of scores. */
export interface LocalLinkability {
  readonly low: number;
  readonly high: number;
  /** Share of the mated and of the non-mated scores in it. */
  readonly mated: number;
  readonly nonMated: number;
  /** 0: the score says nothing for the same person; 1: it can only be theirs. */
  readonly linkability: number;
}

/** D↔sys, 0 (unlinkable) to 1, and the measure at every range of scores that it is the mean of. */
export interface Unlinkability {
  readonly system: number;
  readonly local: readonly LocalLinkability[];
}

/**
 * D↔(s) = max(0, 2·ω·LR(s) / (1 + ω·LR(s)) - 1) with LR the ratio of the mated and non-mated densities; D↔sys is its mean
 * over the mated scores.
 * @param options.bins ranges of the histograms; as the authors have it, a tenth of the mated scores, 100 at most
 * @param options.omega ratio of the chances that two templates are of one person or not, 1 unless given
 */
export function unlinkability(
  mated: ArrayLike<number>,
  nonMated: ArrayLike<number>,
  options: { bins?: number; omega?: number } = {},
): Unlinkability {
  const { bins = Math.max(1, Math.min(100, Math.floor(mated.length / 10))), omega = 1 } = options;
  if (mated.length === 0 || nonMated.length === 0) throw new RangeError('there are no scores');
  const [low, high] = range(mated, nonMated);
  const width = (high - low) / bins || 1;
  const [matedShares, nonMatedShares] = [mated, nonMated].map((scores) => {
    const counts = new Float64Array(bins);
    for (let index = 0; index < scores.length; index += 1) {
      const bin = Math.min(bins - 1, Math.floor(((scores[index] ?? 0) - low) / width));
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    return counts.map((count) => count / scores.length);
  });
  const local = Array.from({ length: bins }, (_, bin): LocalLinkability => {
    const [matedShare, nonMatedShare] = [matedShares?.[bin] ?? 0, nonMatedShares?.[bin] ?? 0];
    return {
      low: low + bin * width,
      high: low + (bin + 1) * width,
      mated: matedShare,
      nonMated: nonMatedShare,
      linkability: linkabilityOf(matedShare, nonMatedShare, omega),
    };
  });
  return { system: local.reduce((sum, each) => sum + each.mated * each.linkability, 0), local };
}

function linkabilityOf(mated: number, nonMated: number, omega: number): number {
  if (mated === 0) return 0;
  if (nonMated === 0) return 1;
  const odds = (omega * mated) / nonMated;
  return odds <= 1 ? 0 : (2 * odds) / (1 + odds) - 1;
}

function range(...all: readonly ArrayLike<number>[]): [low: number, high: number] {
  let [low, high] = [Infinity, -Infinity];
  for (const scores of all) {
    for (let index = 0; index < scores.length; index += 1) {
      low = Math.min(low, scores[index] ?? low);
      high = Math.max(high, scores[index] ?? high);
    }
  }
  return [low, high];
}
