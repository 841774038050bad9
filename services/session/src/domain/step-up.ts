import type { Adaptive, AdaptiveOverride, StepUpRule } from './adaptive.ts';
import type { AssessmentEvidence, MatchedRule, StepUpAction } from './features/assessment.ts';
import { stepUpActions } from './features/assessment.ts';
import type { LivenessMethod } from './features/liveness-method.ts';
import { livenessMethods } from './features/liveness-method.ts';
import type { Session, SkipRefusal, StepUp } from './session.ts';
import type { WorkflowStep } from './verdict.ts';
import { adaptiveOf, livenessMethodOf } from './workflow.ts';

/** How strict an action is: SKIP 0, ACTIVE_3D 3. */
function strictness(action: StepUpAction): number {
  return stepUpActions.indexOf(action);
}

/** Whether one asks for more than the other. */
export function isStricter(one: StepUpAction, other: StepUpAction): boolean {
  return strictness(one) > strictness(other);
}

/** The stricter of two. */
function stricter(one: LivenessMethod, other: StepUpAction): LivenessMethod {
  return livenessMethods.find((method) => method === other && isStricter(method, one)) ?? one;
}

/** What holds for one session: its workflow's setting and what its creation changed of it. */
export interface SessionAdaptive {
  readonly enabled: boolean;
  readonly allowSkip: boolean;
  readonly allowAtCreation: boolean;
  /** Empty where nothing is adaptive. */
  readonly rules: readonly StepUpRule[];
}

/**
 * A session may bring rules in place of its workflow's and forbid skipping. Its rules may ask for less than the workflow's
 * do; skipping that the workflow forbids stays forbidden, and a method that its step asks for is never replaced by a lesser.
 */
export function adaptiveFor(adaptive: Adaptive, override: AdaptiveOverride | null): SessionAdaptive {
  const { enabled } = adaptive;
  const allowSkip = enabled && adaptive.allow_skip && override?.allow_skip !== false;
  return {
    enabled,
    allowSkip,
    allowAtCreation: allowSkip && adaptive.allow_at_creation,
    rules: enabled ? (override?.rules ?? adaptive.rules) : [],
  };
}

/** The same of a session that exists. */
export function sessionAdaptive(session: Session): SessionAdaptive {
  return adaptiveFor(adaptiveOf(session.workflow.definition), session.adaptive);
}

/** How liveness is asked for in this session: as its workflow says, or more strictly. */
export function methodOf({ workflow, stepUp }: Session): LivenessMethod {
  const asked = livenessMethodOf(workflow.definition);
  return stepUp === null ? asked : stricter(asked, stepUp.method);
}

/** The steps of this session, as it asks for liveness. */
export function stepsOf(session: Session): readonly WorkflowStep[] {
  const { steps } = session.workflow.definition;
  const method = methodOf(session);
  return steps.map((step) =>
    step.feature === 'LIVENESS' && step.config.face_liveness_method !== method
      ? { ...step, config: { ...step.config, face_liveness_method: method } }
      : step,
  );
}

/** A visit whose rule says SKIP and against which nothing speaks. */
export function skipped(assessment: AssessmentEvidence, asked: LivenessMethod, now: Date): StepUp {
  return { ...recordOf(assessment, asked, now), skipped_selfie: true };
}

/** Whether the last opening of a session offered its user to go on without a selfie. */
export function isOffered({ action, skipped_selfie, skip_refused }: StepUp): boolean {
  return action === 'SKIP' && !skipped_selfie && skip_refused === null;
}

/**
 * A visit that is not let in, or not yet: it has to show a face, unless its user is offered to go on without one. What an
 * earlier one of the session had to show stays, when that was more: another device or network makes nothing easier.
 * @param assessment null: nobody could say
 * @param refusal why a rule that says SKIP is not followed
 */
export function raised(
  earlier: StepUp | null,
  visit: {
    readonly assessment: AssessmentEvidence | null;
    readonly asked: LivenessMethod;
    readonly refusal: SkipRefusal | null;
  },
  now: Date,
): StepUp {
  const { assessment, asked, refusal } = visit;
  const next: StepUp = { ...recordOf(assessment, asked, now), skip_refused: refusal };
  if (earlier === null) return next;
  const strictest = isStricter(earlier.action, next.action) ? { ...earlier, skipped_selfie: false } : next;
  return { ...strictest, method: stricter(next.method, earlier.method) };
}

/** A session that goes back to its user shows a face, whatever let it in before. */
export function withSelfie(stepUp: StepUp): StepUp {
  const refusal = stepUp.skipped_selfie ? 'selfie_asked_before' : stepUp.skip_refused;
  return { ...stepUp, skipped_selfie: false, skip_refused: refusal };
}

function recordOf(assessment: AssessmentEvidence | null, asked: LivenessMethod, now: Date): StepUp {
  const rule = assessment?.stepUp ?? null;
  return {
    action: rule?.action ?? asked,
    rule: rule?.name ?? null,
    because: rule?.because ?? [],
    assessment_id: assessment?.id ?? null,
    at: now.toISOString(),
    method: stricter(asked, rule?.action ?? asked),
    skipped_selfie: false,
    skip_refused: null,
  };
}

/** The strictest rule that has applied to a session so far; null: none. */
export function strictestRule(stepUp: StepUp | null, matched: MatchedRule | null): MatchedRule | null {
  if (stepUp === null || stepUp.rule === null) return matched;
  const earlier = { name: stepUp.rule, action: stepUp.action, because: stepUp.because };
  return matched !== null && !isStricter(earlier.action, matched.action) ? matched : earlier;
}

/** What a decision tells of it. */
export function adaptiveView(stepUp: StepUp | null): Record<string, unknown> | null {
  if (stepUp === null) return null;
  const { action, rule, because, assessment_id, skipped_selfie, skip_refused } = stepUp;
  return { action, rule, because, assessment_id, skipped_selfie, skip_refused };
}
