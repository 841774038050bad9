import { ADAPTATION } from '../domain/adaptation.ts';
import { similarityScore } from '../domain/calibration.ts';
import { blend, type ProtectedTemplate, protectedCosine } from './transform.ts';

/** Templates of one subject under one key version. */
export interface AdaptedFrom {
  /** What the subject has now. */
  readonly present: ProtectedTemplate;
  /** Of the last verified enrolment. */
  readonly anchor: ProtectedTemplate;
  readonly look: ProtectedTemplate;
}

/** How like one another they are, 0..100. */
export interface ChangeScores {
  /** The look and the template before. */
  readonly look: number;
  /** The template after and the one before. */
  readonly previous: number;
  /** The template after and the anchor. */
  readonly anchor: number;
}

/** Its numbers, which a lab varies. */
type Rule = Pick<
  { readonly [Name in keyof typeof ADAPTATION]: number },
  'similarityMin' | 'weight' | 'anchorSimilarityMin'
>;

/**
 * Blends a look into a template. However many follow one another, none leads away from the anchor further than the rule.
 * @returns undefined when the look is not like enough, or the outcome would be too far from the anchor
 */
export function adapt(
  { present, anchor, look }: AdaptedFrom,
  rule: Rule = ADAPTATION,
): { readonly template: ProtectedTemplate; readonly scores: ChangeScores } | undefined {
  const likeness = similarityScore(protectedCosine(look, present));
  if (likeness < rule.similarityMin) return undefined;
  const template = blend(present, look, rule.weight);
  const scores = {
    look: likeness,
    previous: similarityScore(protectedCosine(template, present)),
    anchor: similarityScore(protectedCosine(template, anchor)),
  };
  return scores.anchor < rule.anchorSimilarityMin ? undefined : { template, scores };
}
