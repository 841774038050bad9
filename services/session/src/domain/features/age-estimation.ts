import { defineFeature } from './feature.ts';
import { score } from './settings.ts';

/** AGE_ESTIMATION, of standalone calls: does the person look old enough? LIVENESS before it says whether there is one. */
export const ageEstimation = defineFeature({
  name: 'AGE_ESTIMATION',
  aliases: [],
  capture: 'face',
  shared: null,
  after: ['LIVENESS'],
  settings: {
    /** Years; who looks younger is declined. */
    age_estimation_decline_threshold: score(18),
  },
  warningFeature: 'LIVENESS',
  risks: {
    AGE_BELOW_MINIMUM: ['Age below the minimum', 'The person looks younger than the minimum age.'],
    AGE_NOT_DETECTED: ['Age not detected', 'The picture did not allow an estimate of the age.'],
  },
  details: () => ({ age_estimation: null }),
  judge(config, { face, age = null }) {
    if (face === null) return null;
    const details = { age_estimation: age === null ? null : Math.round(age * 10) / 10 };
    if (details.age_estimation === null) {
      return { score: null, findings: [{ risk: 'AGE_NOT_DETECTED', severity: 'error' }], details };
    }
    const isBelow = details.age_estimation < config.age_estimation_decline_threshold;
    return {
      score: null,
      findings: isBelow ? [{ risk: 'AGE_BELOW_MINIMUM', severity: 'error' }] : [],
      details,
    };
  },
  blockKey: 'age_estimations',
  block: (report) => ({
    node_id: report.node_id,
    status: report.status,
    age_estimation: report.details.age_estimation ?? null,
    warnings: report.warnings,
  }),
  summaryKey: 'age_estimation',
  summary: (report) => ({
    status: report.status,
    age_estimation: report.details.age_estimation ?? null,
  }),
  listKey: 'age_estimation',
  listSummary: (report) => ({ age_estimation: report.details.age_estimation ?? null }),
});
