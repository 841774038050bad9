import { faceMatch } from './face-match.ts';
import type { Feature } from './feature.ts';
import { liveness } from './liveness.ts';

/** Every check that a workflow can contain. A new one is a file beside this one and a line here. */
export const features: readonly Feature[] = [liveness, faceMatch];

/** Finds a feature by its name. */
export function findFeature(name: string): Feature | undefined {
  return features.find((feature) => feature.name === name);
}

/** Finds a feature by its name or one of its aliases. */
export function findFeatureByAlias(name: string): Feature | undefined {
  return features.find((feature) => feature.name === name || feature.aliases.includes(name));
}
