import { availabilityRules } from './policies/availability.ts';
import { configurationRules } from './policies/configuration.ts';
import { dataRules } from './policies/data.ts';
import { migrationRules } from './policies/migrations.ts';
import { networkRules } from './policies/network.ts';
import { resourceRules } from './policies/resources.ts';
import type { Rule } from './policies/rule.ts';
import { scalingRules } from './policies/scaling.ts';
import { securityRules } from './policies/security.ts';
import { wayRules } from './policies/ways.ts';

/** What every overlay keeps to, each with what goes wrong without it and how to break it. */
export const rules: readonly Rule[] = [
  ...securityRules,
  ...resourceRules,
  ...availabilityRules,
  ...networkRules,
  ...configurationRules,
  ...migrationRules,
  ...wayRules,
  ...scalingRules,
  ...dataRules,
];
