import { percent, qualityScore } from './calibration.ts';
import type { FaceFacts, FaceProblem, Gates, MediaSignal } from './gates.ts';
import { countFaces, findCovers, findProblem } from './gates.ts';
import { type LivenessFacts, livenessScore } from './liveness.ts';
import { type PortraitFacts, portraitSignals } from './portrait-signals.ts';

/** What came of the comparison. `impossible`: a reference was there, a face was not. */
export type Match =
  | { readonly outcome: 'not_asked' | 'no_reference' | 'impossible' }
  | { readonly outcome: 'compared'; readonly score: number };

/** Scores 0..100 and facts of one look; what other services learn of it. */
export interface Evidence {
  readonly faceCount: number;
  readonly problem: FaceProblem | undefined;
  /** These three are undefined when no face was found. */
  readonly livenessScore: number | undefined;
  readonly faceQuality: number | undefined;
  readonly faceLuminance: number | undefined;
  readonly match: Match;
  /** Covered by dark glasses; by a mask. */
  readonly eyesCovered: boolean;
  readonly mouthCovered: boolean;
  /** Every trace that could be measured, raised or not; empty without a face. */
  readonly media: readonly MediaSignal[];
}

/** The facts of a look, with what the liveness models found. */
export interface LookFacts extends FaceFacts, PortraitFacts {
  readonly faces: PortraitFacts['faces'];
  readonly subject?: NonNullable<FaceFacts['subject']> &
    LivenessFacts &
    NonNullable<PortraitFacts['subject']>;
}

/** Weighs a look: what may be said of it outside. */
export function weigh(facts: LookFacts, gates: Gates, match: Match): Evidence {
  const { subject } = facts;
  const covers = findCovers(facts);
  return {
    faceCount: countFaces(facts),
    problem: findProblem(facts, gates),
    livenessScore: subject && livenessScore(subject),
    faceQuality: subject && qualityScore(subject.quality),
    faceLuminance: subject && percent(facts.luma),
    match,
    eyesCovered: covers.eyes,
    mouthCovered: covers.mouth,
    media: subject ? [...(subject.media ?? []), ...portraitSignals(facts)] : [],
  };
}
