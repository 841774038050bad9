/** What a look found, as it is told to operators: scores, findings and codes. Nothing of it points at a picture or a face. */
export interface ToldEvidence {
  readonly liveness: number | null;
  readonly similarity: number | null;
  readonly quality: number | null;
  readonly luminance: number | null;
  readonly faces: number | null;
  readonly problem: string | null;
  readonly match: string | null;
  readonly challenge: {
    readonly method: string | null;
    readonly passed: boolean;
    readonly score: number | null;
    readonly failures: string[];
  } | null;
  readonly raised_signals: string[];
  readonly search: string | null;
  readonly similar_faces: number;
  readonly risk_score: number | null;
  readonly risk_level: string | null;
  readonly assessment_id: string | null;
  readonly pipeline_version: string | null;
}

/** Reads stored evidence name by name: what was added to it since stays out until somebody decides that it may be told. Pure. */
export function tellEvidence(stored: unknown): ToldEvidence | null {
  const { face, assessment } = (stored ?? {}) as { face?: unknown; assessment?: unknown };
  if (!isObject(face) && !isObject(assessment)) return null;
  const seen = isObject(face) ? face : {};
  const assessed = isObject(assessment) ? assessment : {};
  const challenge = isObject(seen.challenge) ? seen.challenge : null;
  const signals = Array.isArray(seen.mediaSignals) ? seen.mediaSignals.filter(isObject) : [];
  return {
    liveness: number(seen.livenessScore),
    similarity: number(seen.similarityScore),
    quality: number(seen.faceQuality),
    luminance: number(seen.faceLuminance),
    faces: number(seen.faceCount),
    problem: text(seen.problem),
    match: text(seen.match),
    challenge: challenge && {
      method: text(challenge.method),
      passed: challenge.passed === true,
      score: number(challenge.score),
      failures: Array.isArray(challenge.failures)
        ? challenge.failures.flatMap((each) => text(each) ?? [])
        : [],
    },
    raised_signals: signals.filter(({ raised }) => raised === true).flatMap(({ name }) => text(name) ?? []),
    search: text(seen.search),
    similar_faces: Array.isArray(seen.searchMatches) ? seen.searchMatches.length : 0,
    risk_score: number(assessed.riskScore),
    risk_level: text(assessed.riskLevel),
    assessment_id: text(assessed.id),
    pipeline_version: text(seen.pipelineVersion),
  };
}

/** One line: what there is of it. */
export function inWords(found: ToldEvidence): string {
  const scores = (['liveness', 'similarity', 'quality', 'luminance'] as const).flatMap((name) =>
    found[name] === null ? [] : [`${name} ${found[name]}`],
  );
  const { problem, challenge, faces, risk_score: risk, raised_signals: raised } = found;
  const rest = [
    problem === null ? [] : [`problem ${problem}`],
    faces === null || faces === 1 ? [] : [`${faces} faces`],
    challenge === null ? [] : [challengeWords(challenge)],
    risk === null ? [] : [`risk ${risk}`],
    raised.length === 0 ? [] : [`raised ${raised.join(', ')}`],
  ];
  return [...scores, ...rest.flat()].join(', ') || 'nothing was scored';
}

function challengeWords({ method, passed, failures }: NonNullable<ToldEvidence['challenge']>): string {
  return `${method ?? 'challenge'} ${passed ? 'passed' : `failed (${failures.join(', ') || 'no reason'})`}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function number(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? Math.round(value * 100) / 100 : null;
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value.slice(0, 200) : null;
}
