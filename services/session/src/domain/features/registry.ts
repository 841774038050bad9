import { ageEstimation } from './age-estimation.ts';
import { faceMatch } from './face-match.ts';
import type { Feature } from './feature.ts';
import { ipAnalysis } from './ip-analysis.ts';
import { liveness } from './liveness.ts';
import { standaloneFaceSearch } from './standalone-face-search.ts';

/** Every check that a workflow can contain. A new one is a file beside this one and a line here. */
export const features: readonly Feature[] = [liveness, faceMatch, ipAnalysis];

/** Checks of standalone calls that no workflow takes. */
const standaloneFeatures: readonly Feature[] = [standaloneFaceSearch, ageEstimation];

/** Finds a feature by its name, of workflows or of standalone calls. */
export function findFeature(name: string): Feature | undefined {
  return [...features, ...standaloneFeatures].find((feature) => feature.name === name);
}

/** Finds a feature by its name or one of its aliases. */
export function findFeatureByAlias(name: string): Feature | undefined {
  return features.find((feature) => feature.name === name || feature.aliases.includes(name));
}
