import type { Presentation } from './folder.ts';
import type { Seen } from './measure.ts';
import { shareWithInterval } from './verification.ts';

/** Scores at or below which an attack is refused: the contract's standalone default, and a workflow's two. */
const THRESHOLDS = [30, 50, 70];

type Rows = Record<string, string>[];

/**
 * APCER by kind of attack and BPCER by group (ISO/IEC 30107-3) at the liveness thresholds of the product. A picture that
 * shows no face, or fails a quality gate, is no classification: it is counted as not answered (APNRR, BPNRR).
 */
export function describeLiveness(
  presentations: readonly Presentation[],
  seen: ReadonlyMap<string, Seen>,
): { title: string; rows: Rows }[] {
  // A file that is not there is a mistake of the table, not an answer of the system.
  const shown = presentations.filter(({ file }) => seen.get(file)?.failure !== 'unreadable');
  const attacks = shown.filter(({ live }) => !live);
  const bonaFide = shown.filter(({ live }) => live);
  const rows = (
    cases: readonly Presentation[],
    name: 'APCER' | 'BPCER',
    all: string,
    key: (one: Presentation) => string,
  ) => {
    const kinds = [...Map.groupBy(cases, key)].sort(([one], [other]) => one.localeCompare(other));
    const each = kinds.length > 1 ? kinds : [];
    return [[all, cases] as const, ...each].map(([label, some]) => row(label, some, seen, name));
  };
  return [
    {
      title: 'attacks: APCER, the share of judged attacks that pass as live (worst kind counts)',
      rows: rows(attacks, 'APCER', 'all attacks', ({ kind }) => kind || 'kind not given'),
    },
    {
      title: 'bona fide: BPCER, the share of judged live presentations that are refused',
      rows: rows(bonaFide, 'BPCER', 'all bona fide', ({ group }) => group || 'group not given'),
    },
  ];
}

function row(
  label: string,
  cases: readonly Presentation[],
  seen: ReadonlyMap<string, Seen>,
  rate: 'APCER' | 'BPCER',
): Record<string, string> {
  const judged = cases.flatMap(({ file }) => {
    const { livenessScore, problem } = seen.get(file) ?? {};
    return livenessScore === undefined || problem !== undefined ? [] : [livenessScore];
  });
  const errors = (threshold: number) =>
    judged.filter((score) => (rate === 'APCER' ? score > threshold : score <= threshold)).length;
  return {
    what: label,
    'not answered': shareWithInterval(cases.length - judged.length, cases.length),
    ...Object.fromEntries(
      THRESHOLDS.map((threshold) => [
        `${rate} at ${threshold}`,
        shareWithInterval(errors(threshold), judged.length),
      ]),
    ),
  };
}
