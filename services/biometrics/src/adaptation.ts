import { errorCode } from '@selfsame/runtime/errors';
import type { ChallengeJudgement } from './challenge/challenge.ts';
import type { EnrolledTemplate, OnFile, OpenTemplate } from './comparison.ts';
import type { Context } from './context.ts';
import { mayAdapt } from './domain/adaptation.ts';
import type { SealedTemplate } from './domain/template.ts';
import { adapt } from './protection/adaptation.ts';
import type { ProtectedTemplate } from './protection/transform.ts';

/** What a look found, for whether it may be blended into the template. */
export interface AdaptingLook {
  readonly embedding: Float32Array;
  readonly livenessScore: number | undefined;
  readonly challenge: ChallengeJudgement | undefined;
}

/**
 * Whether a look may leave a candidate that is blended into the subject's template. Nothing is asked of Postgres for it, and
 * what would lead too far from the anchor leaves none.
 */
export function isAdapting(
  context: Pick<Context, 'vault' | 'log' | 'adaptEveryMs'>,
  { enrolled }: Pick<OnFile, 'enrolled'>,
  { embedding, livenessScore, challenge }: AdaptingLook,
): boolean {
  const { vault, adaptEveryMs: everyMs } = context;
  if (enrolled?.anchor === undefined || enrolled.key.state !== 'active') return false;
  const facts = { livenessScore, challengePassed: challenge?.passed, adaptedAt: enrolled.adaptedAt };
  if (!mayAdapt(facts, { everyMs, now: new Date() })) return false;
  const look = vault.protect(enrolled.key, embedding);
  return adaptTo(context, { ...enrolled, anchor: enrolled.anchor }, look) !== undefined;
}

/** A subject's template with what it departed from. */
export interface Adaptable extends OpenTemplate, Pick<EnrolledTemplate, 'owner'> {
  /** Of the template's key version. */
  readonly anchor: SealedTemplate;
}

/**
 * Blends a look into a subject's template.
 * @param look under the template's key
 * @returns undefined when it is not like enough, or what comes out is too unlike the anchor
 */
export function adaptTo(
  context: Pick<Context, 'vault' | 'log'>,
  adaptable: Adaptable,
  look: ProtectedTemplate,
): ReturnType<typeof adapt> {
  const anchor = openedAnchor(context, adaptable);
  return anchor && adapt({ present: adaptable.template, anchor, look });
}

/** @returns undefined when it does not open, which is told: somebody or something altered it */
export function openedAnchor(
  { vault, log }: Pick<Context, 'vault' | 'log'>,
  { owner, key, anchor }: Adaptable,
): ProtectedTemplate | undefined {
  try {
    return vault.open(owner, key, anchor);
  } catch (error) {
    if (errorCode(error) !== 'template_unopenable') throw error;
    log.error(
      { code: errorCode(error), application_id: owner.applicationId },
      'the anchor of a template does not open: the template stays as it is until its subject enrols anew',
    );
    return undefined;
  }
}
