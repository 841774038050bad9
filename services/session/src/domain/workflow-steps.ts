import type { Feature } from './features/feature.ts';
import { features } from './features/registry.ts';
import { checkSettings, completeSettings } from './features/settings.ts';
import type { FieldReader } from './fields.ts';
import { isObject } from './fields.ts';
import type { WorkflowStep } from './verdict.ts';

/** Limits of the workflow that its steps take over unless they name their own. */
export type StepLimits = Readonly<Record<string, number | undefined>>;

/**
 * Reads `features`: an ordered list of {feature, config, label}. Every mistake is a line of the field's error.
 * Settings are stored complete, so that a later change of a default leaves existing workflows alone.
 */
export function readSteps(fields: FieldReader, limits: StepLimits): WorkflowStep[] {
  const given = fields.required('features') ? fields.array('features') : undefined;
  if (given === undefined) return [];
  const mistakes: string[] = [];
  const steps: WorkflowStep[] = [];
  if (given.length === 0) mistakes.push('This list may not be empty.');
  if (given.length > 20) mistakes.push('Ensure this list has no more than 20 items.');
  for (const item of given.slice(0, 20)) {
    const step = readStep(item, steps, limits, mistakes);
    if (step) steps.push(step);
  }
  if (mistakes.length > 0) fields.refuse('features', mistakes);
  return steps;
}

function readStep(
  item: unknown,
  earlier: readonly WorkflowStep[],
  limits: StepLimits,
  mistakes: string[],
): WorkflowStep | undefined {
  const name = isObject(item) && typeof item.feature === 'string' ? item.feature : undefined;
  if (!isObject(item) || name === undefined) {
    mistakes.push('Each item needs a "feature".');
    return undefined;
  }
  const feature = features.find((each) => each.name === name);
  if (feature === undefined) {
    const available = features.map((each) => each.name).join(', ');
    mistakes.push(`"${name.slice(0, 64)}" is not an available feature. Available: ${available}.`);
    return undefined;
  }
  const config = item.config ?? {};
  const label = item.label ?? feature.name;
  if (!isObject(config)) mistakes.push(`${feature.name}: config must be an object.`);
  if (typeof label !== 'string' || label.length > 100)
    mistakes.push(`${feature.name}: label must be a short text.`);
  mistakes.push(...orderMistakes(feature, earlier));
  const checked = checkSettings(feature.settings, isObject(config) ? config : {}, feature.unavailable);
  mistakes.push(...checked.mistakes.map((mistake) => `${feature.name}: ${mistake}`));
  const inherited = Object.entries(limits).filter(([, value]) => value !== undefined);
  return {
    node_id: `feature_${feature.name.toLowerCase()}_1`,
    feature: feature.name,
    label: String(label),
    config: completeSettings(feature.settings, { ...Object.fromEntries(inherited), ...checked.settings }),
  };
}

function orderMistakes(feature: Feature, earlier: readonly WorkflowStep[]): string[] {
  if (earlier.some((step) => step.feature === feature.name))
    return [`${feature.name} appears more than once.`];
  const { after } = feature;
  const inOrder = after.length === 0 || earlier.some((step) => after.includes(step.feature));
  return inOrder ? [] : [`${feature.name} must come after ${after.join(' or ')}.`];
}
