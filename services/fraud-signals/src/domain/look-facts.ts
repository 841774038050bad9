import { lookFacts } from './facts/look.ts';
import { type FactName, type FactValue, isFactName } from './facts.ts';

/** What one look at a face found, as biometrics and capture tell it. Scores are 0..100, null where there is none. */
export interface SeenFace {
  readonly faceCount: number;
  /** null: the picture can carry a verdict. */
  readonly problem: string | null;
  readonly livenessScore: number | null;
  readonly quality: number | null;
  readonly luminance: number | null;
  /** compared, no_reference; null: nobody asked. */
  readonly matchOutcome: string | null;
  readonly similarity: number | null;
  readonly enrolledSimilarity: number | null;
  readonly enrolledUnreadable: boolean;
  /** null: nobody asked for one. */
  readonly search: 'searched' | 'unavailable' | null;
  readonly matches: readonly {
    readonly kind: 'subject' | 'blocklist' | 'allowlist';
    readonly similarity: number;
  }[];
  /** null: a passive look. Failures are in words of ours, gravest first. */
  readonly challenge: {
    readonly method: string;
    readonly passed: boolean;
    readonly score: number;
    readonly failures: readonly string[];
  } | null;
  readonly mediaSignals: readonly {
    readonly name: string;
    readonly value: number;
    readonly raised: boolean;
  }[];
}

type Found = Map<FactName, FactValue | null>;

const lookNames = Object.keys(lookFacts).filter(isFactName);

/**
 * The facts of a look. Without one there is nothing that could have a value: every fact is null. What the index of faces did not
 * answer is missing. Traces of names that nobody has declared are left out.
 */
export function lookFactsOf(seen: SeenFace | null): ReadonlyMap<FactName, FactValue | null> {
  const facts: Found = new Map(lookNames.map((name) => [name, null]));
  if (seen === null) return facts;
  facts.set('look.face_count', seen.faceCount);
  facts.set('look.face_problem', seen.problem);
  facts.set('look.liveness_score', seen.livenessScore);
  facts.set('look.quality', seen.quality);
  facts.set('look.luminance', seen.luminance);
  facts.set('look.match_outcome', seen.matchOutcome);
  facts.set('look.similarity', seen.similarity);
  facts.set('look.enrolled_similarity', seen.enrolledSimilarity);
  facts.set('look.template_unreadable', seen.enrolledUnreadable);
  setSearch(facts, seen);
  setChallenge(facts, seen);
  setTraces(facts, seen);
  return facts;
}

function setSearch(facts: Found, { search, matches }: SeenFace): void {
  if (search === null) return;
  const names = [
    'look.other_subjects',
    'look.other_subject_similarity',
    'look.blocklist_faces',
    'look.allowlist_faces',
  ] as const;
  if (search === 'unavailable') {
    for (const name of names) facts.delete(name);
    return;
  }
  const alike = (wanted: string) => matches.filter(({ kind }) => kind === wanted);
  const others = alike('subject').map(({ similarity }) => similarity);
  facts.set('look.other_subjects', others.length);
  facts.set('look.other_subject_similarity', others.length === 0 ? null : Math.max(...others));
  facts.set('look.blocklist_faces', alike('blocklist').length);
  facts.set('look.allowlist_faces', alike('allowlist').length);
}

function setChallenge(facts: Found, { challenge }: SeenFace): void {
  if (challenge === null) return;
  facts.set('look.challenge_method', challenge.method);
  facts.set('look.challenge_passed', challenge.passed);
  facts.set('look.challenge_score', challenge.score);
  facts.set('look.challenge_failures', challenge.failures);
}

function setTraces(facts: Found, { mediaSignals }: SeenFace): void {
  const raised: string[] = [];
  for (const { name, value, raised: isRaised } of mediaSignals) {
    const fact = `look.${name}`;
    if (!isTrace(name, fact) || !Number.isFinite(value)) continue;
    facts.set(fact, value);
    if (isRaised) raised.push(name);
  }
  facts.set('look.raised', raised);
}

/** Names of traces begin with what they are about, so that none can pass for what the look itself found. */
function isTrace(name: string, fact: string): fact is FactName {
  return /^(media|cam|auto|capture|face)_/.test(name) && isFactName(fact) && !own.has(fact);
}

const own: ReadonlySet<string> = new Set(['look.face_count', 'look.face_problem']);
