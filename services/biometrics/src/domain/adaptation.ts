/**
 * When the look of an approved sign-in is blended into the template, and by how much. Scores are those of comparisons;
 * measured by `pnpm lab:adaptation`, the table is in docs/template-protection.md.
 */
export const ADAPTATION = {
  /**
   * Of the look with the template as it is. Whoever is accepted now and then at 70 does not come so far by chance; three of
   * five looks of the person do.
   */
  similarityMin: 92,
  /** 25 of the 36 live sample photos read as much, and none of the 11 recaptures and renderings. */
  livenessMin: 80,
  /** Share of the look in the new template: some ten looks make up what it becomes. */
  weight: 0.1,
  /**
   * Of the new template with its anchor: a cosine of 0.984, 10.2 degrees. From 30, where one stranger in a thousand is as like
   * the anchor, it is 10.3 degrees to 70: whatever looks somebody chooses and however many, nobody below gets there.
   */
  anchorSimilarityMin: 99.64,
} as const;

/** What can be said of a look before its template is compared. */
export interface AdaptationFacts {
  /** 0..100, undefined without a face. */
  readonly livenessScore: number | undefined;
  /** Undefined when no challenge was asked for. */
  readonly challengePassed: boolean | undefined;
  /** When the template was changed last by a look or a revert; null when it never was. */
  readonly adaptedAt: Date | null;
}

/** Whether it is time to adapt, and the look is lively enough. */
export function mayAdapt(
  { livenessScore, challengePassed, adaptedAt }: AdaptationFacts,
  { everyMs, now }: { everyMs: number; now: Date },
): boolean {
  if (challengePassed === false || !((livenessScore ?? 0) >= ADAPTATION.livenessMin)) return false;
  return isAdaptationDue(adaptedAt, { everyMs, now });
}

/** Whether the last change is long enough ago. */
export function isAdaptationDue(
  adaptedAt: Date | null,
  { everyMs, now }: { everyMs: number; now: Date },
): boolean {
  return adaptedAt === null || now.getTime() - adaptedAt.getTime() >= everyMs;
}
