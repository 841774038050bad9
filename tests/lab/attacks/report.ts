import { clopperPearson, type Interval } from '../statistics.ts';
import type { Outcome } from './examination.ts';
import type { Species } from './presentation.ts';
import { THRESHOLDS } from './verdict.ts';

/** A share of trials with its 95 % Clopper-Pearson interval; all 0..1. */
export interface Rate extends Interval {
  readonly count: number;
  readonly trials: number;
  readonly rate: number;
}

/** The results of one species. */
export interface SpeciesResult {
  readonly id: string;
  readonly title: string;
  readonly sort: Species['sort'];
  readonly heldOut: boolean;
  readonly real: boolean;
  readonly presentations: number;
  /** Stopped by a gate: an attack that got no answer, or a person whose picture could not be acquired. */
  readonly stopped: number;
  /**
   * Of an attack APCER: approved of all presentations. Of a bona fide BPCER: not approved, of those acquired.
   * Declined and sent to review both count as not approved.
   */
  readonly error: Rate;
  readonly errorWithMedia: Rate;
  /** Not approved but left to a person. */
  readonly reviewed: number;
  /** `error` at each of THRESHOLDS. */
  readonly errorAt: readonly Rate[];
  /** How often each defence spoke, whether or not another had spoken before; most often first. */
  readonly defences: readonly (readonly [name: string, count: number])[];
}

/** Counts outcomes by species, in the order of `species`. */
export function summarise(species: readonly Species[], outcomes: readonly Outcome[]): SpeciesResult[] {
  return species.flatMap((one) => {
    const own = outcomes.filter((outcome) => outcome.species === one.id);
    return own.length === 0 ? [] : [resultOf(one, own)];
  });
}

function resultOf(species: Species, outcomes: readonly Outcome[]): SpeciesResult {
  const stopped = outcomes.filter(({ gate }) => gate !== null).length;
  const isAttack = species.sort === 'attack';
  const counted = isAttack ? outcomes : outcomes.filter(({ gate }) => gate === null);
  const rate = (isApproved: (outcome: Outcome) => boolean) =>
    rateOf(counted.filter((outcome) => isApproved(outcome) === isAttack).length, counted.length);
  return {
    id: species.id,
    title: species.title,
    sort: species.sort,
    heldOut: species.heldOut ?? false,
    real: species.real ?? false,
    presentations: outcomes.length,
    stopped,
    error: rate(({ status }) => status === 'Approved'),
    errorWithMedia: rate(({ statusWithMedia }) => statusWithMedia === 'Approved'),
    reviewed: counted.filter(({ status }) => status === 'In Review').length,
    errorAt: THRESHOLDS.map((_, at) => rate(({ approvedAt }) => approvedAt[at] === true)),
    defences: defencesOf(outcomes),
  };
}

/** A rate and its interval; with no trials nothing is known. */
function rateOf(count: number, trials: number): Rate {
  const interval = trials === 0 ? { low: 0, high: 1 } : clopperPearson(count, trials);
  return { count, trials, rate: trials === 0 ? 0 : count / trials, ...interval };
}

function defencesOf(outcomes: readonly Outcome[]): (readonly [string, number])[] {
  const counts = new Map<string, number>();
  const add = (name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);
  for (const { gate, liveness, risks, challengeFailures, signals, similarities } of outcomes) {
    if (gate !== null) add(`gate ${gate}`);
    else if (
      similarities === undefined &&
      risks.some((risk) => risk.startsWith('L') && risk.includes('LIVENESS')) &&
      (liveness ?? 0) <= 70
    ) {
      add('liveness score');
    }
    if (
      gate === null &&
      risks.includes('LOW_LIVENESS_SCORE') &&
      (liveness ?? 0) > 70 &&
      challengeFailures.length === 0
    )
      add('challenge score');
    if (risks.includes('LOW_FACE_MATCH_SIMILARITY')) add('match with both');
    for (const failure of challengeFailures) add(`challenge ${failure}`);
    for (const signal of signals) add(`signal ${signal}`);
  }
  return [...counts].sort(([, one], [, other]) => other - one);
}

/** Sums results of several species into one rate. */
function pooled(results: readonly SpeciesResult[], rate: (result: SpeciesResult) => Rate): Rate {
  const rates = results.map(rate);
  const sum = (figure: 'count' | 'trials') => rates.reduce((total, one) => total + one[figure], 0);
  return rateOf(sum('count'), sum('trials'));
}

/** The report as lines to print. */
export function describe(results: readonly SpeciesResult[], outcomes: readonly Outcome[]): string[] {
  const attacks = results.filter(({ sort }) => sort === 'attack');
  const people = results.filter(({ sort }) => sort === 'bona fide');
  const presented = attacks.filter(({ id }) => id !== 'morph');
  const worst = presented.toSorted((one, other) => other.error.rate - one.error.rate)[0];
  const total = (list: readonly SpeciesResult[]) =>
    list.reduce((sum, { presentations }) => sum + presentations, 0);
  return [
    ...table(
      [
        'attack species',
        'n',
        'stopped by gate',
        'review',
        'APCER [95 %]',
        'all media actions on REVIEW',
        'defences that spoke',
      ],
      attacks.map((result) => [nameOf(result), ...figures(result)]),
    ),
    '',
    ...table(
      [
        'bona fide',
        'n',
        'not acquired',
        'review',
        'BPCER [95 %]',
        'all media actions on REVIEW',
        'what spoke against them',
      ],
      people.map((result) => [nameOf(result), ...figures(result)]),
    ),
    '',
    ...table(
      ['threshold', 'APCER of all', 'worst species', 'BPCER'],
      THRESHOLDS.map((threshold, at) => {
        const gravest = presented.toSorted(
          (one, other) => (other.errorAt[at]?.rate ?? 0) - (one.errorAt[at]?.rate ?? 0),
        )[0];
        const pick = (result: SpeciesResult) => result.errorAt[at] ?? rateOf(0, 0);
        return [
          String(threshold),
          percent(pooled(presented, pick)),
          gravest ? `${gravest.id} ${percent(pick(gravest))}` : '-',
          percent(pooled(people, pick)),
        ];
      }),
    ),
    '',
    ...morphLines(outcomes),
    `${total(attacks)} attacks, ${total(people)} bona fide presentations. What is not called real is simulated.`,
    `All attacks: APCER ${percent(pooled(presented, ({ error }) => error))}; all people: BPCER ${percent(pooled(people, ({ error }) => error))}.`,
    ...(worst ? [`Worst species: ${worst.title}, APCER ${percent(worst.error)}.`] : []),
    '* held out: nothing was tuned on it.',
  ];
}

function nameOf({ title, heldOut, real }: SpeciesResult): string {
  return `${title}${heldOut ? ' *' : ''}${real || title.includes('simulated') ? '' : ', simulated'}`;
}

function figures({
  presentations,
  stopped,
  reviewed,
  error,
  errorWithMedia,
  defences,
}: SpeciesResult): string[] {
  const spoke = defences.slice(0, 5).map(([name, count]) => `${name} ${count}`);
  return [
    String(presentations),
    String(stopped),
    String(reviewed),
    percent(error),
    percent(errorWithMedia),
    spoke.join(', '),
  ];
}

function percent({ rate, low, high, trials }: Rate): string {
  if (trials === 0) return '-';
  const figure = (share: number) => (100 * share).toFixed(1);
  return `${figure(rate)} % [${figure(low)}, ${figure(high)}]`;
}

/**
 * Mated Morph Presentation Match Rate (Scherhag and others, BIOSIG 2017): morphs that match both contributors. MinMax
 * takes each contributor's best look, ProdAvg the chance that one look of each, drawn at random, matches.
 */
export function morphRates(outcomes: readonly Outcome[], threshold: number) {
  const all = outcomes.flatMap(({ similarities }) => (similarities === undefined ? [] : [similarities]));
  const matched = (scores: readonly number[]) =>
    scores.filter((score) => score > threshold).length / (scores.length || 1);
  return {
    minMax: rateOf(all.filter((both) => both.every((scores) => matched(scores) > 0)).length, all.length),
    prodAvg:
      all.reduce((sum, both) => sum + both.reduce((product, scores) => product * matched(scores), 1), 0) /
      (all.length || 1),
  };
}

function morphLines(outcomes: readonly Outcome[]): string[] {
  if (!outcomes.some(({ similarities }) => similarities)) return [];
  const rows = [50, 70].map((threshold) => {
    const { minMax, prodAvg } = morphRates(outcomes, threshold);
    return [String(threshold), percent(minMax), `${(100 * prodAvg).toFixed(1)} %`];
  });
  return [...table(['morphs: match above', 'MinMax-MMPMR', 'ProdAvg-MMPMR'], rows), ''];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)];
}
