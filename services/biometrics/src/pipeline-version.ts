import { createHash } from 'node:crypto';
import { modelAssets } from './assets.ts';
import { LIVENESS, QUALITY, SIMILARITY } from './domain/calibration.ts';
import { ENROL_GATES, VERIFY_GATES } from './domain/gates.ts';
import { LIVENESS_WEIGHTS } from './domain/liveness.ts';
import { THRESHOLDS } from './forensics/thresholds.ts';
import { EMBEDDING_SPACE } from './pipeline/embedding.ts';
import { PROTECTED_FORMAT } from './protection/transform.ts';
import { SEARCH_SIMILARITY } from './search/similarity.ts';

/**
 * Names the weights, template format, calibration and gates behind a score, so that a record can be read years later: the same name
 * means the same numbers for the same picture. A hash, because nobody forgets to raise it.
 */
export const PIPELINE_VERSION = `${EMBEDDING_SPACE}.${createHash('sha256')
  .update(
    JSON.stringify([
      modelAssets.filter(({ optional }) => !optional).map(({ sha256 }) => sha256),
      SIMILARITY,
      SEARCH_SIMILARITY,
      QUALITY,
      LIVENESS,
      LIVENESS_WEIGHTS,
      VERIFY_GATES,
      ENROL_GATES,
      THRESHOLDS,
      PROTECTED_FORMAT,
    ]),
  )
  .digest('hex')
  .slice(0, 8)}`;
