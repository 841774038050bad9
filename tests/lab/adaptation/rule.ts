import { adapt } from '@selfsame/biometrics/protection/adaptation';
import type { ProtectedTemplate } from '@selfsame/biometrics/protection/transform';

/** The numbers of a rule of adaptation, scores 0..100. */
export interface Rule {
  readonly name: string;
  readonly similarityMin: number;
  readonly weight: number;
  /** 0: a template may go wherever looks lead it. */
  readonly anchorSimilarityMin: number;
}

/** A template that follows its looks by a rule. */
export interface Followed {
  readonly anchor: ProtectedTemplate;
  template: ProtectedTemplate;
  /** How often a look was blended in. */
  adaptations: number;
}

export function follow(anchor: ProtectedTemplate): Followed {
  return { anchor, template: anchor, adaptations: 0 };
}

/** What an approved look does to the template. */
export function take(followed: Followed, look: ProtectedTemplate, rule: Rule): void {
  const { template: present, anchor } = followed;
  const adapted = adapt({ present, anchor, look }, rule);
  if (adapted === undefined) return;
  followed.template = adapted.template;
  followed.adaptations += 1;
}

/** The mean of some numbers; NaN of none. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
