import { createHash } from 'node:crypto';
import type { RawSettings } from '../domain/features/settings.ts';
import type { WorkflowStep } from '../domain/verdict.ts';
import type { WorkflowDefinition } from '../domain/workflow.ts';

/** The standalone calls by the contract's names, as sessions and lists show them. */
export type ApiService = 'PASSIVE_LIVENESS' | 'FACE_MATCH' | 'FACE_SEARCH' | 'AGE_ESTIMATION';

/** Thresholds that a caller may choose. */
export interface Thresholds {
  /** Liveness score 0..100; at or below it declines. */
  readonly liveness?: number;
  /** Match score 0..100; at or below it declines. */
  readonly match?: number;
  /** Years; below it declines. */
  readonly age?: number;
}

/**
 * What a call checks, in the words of workflows, so that the same code judges it. Nobody reviews a call: its thresholds
 * leave no band between, several faces and duplicates only warn, a face that may be blocked declines.
 */
export function stepsOf(service: ApiService, thresholds: Thresholds): WorkflowStep[] {
  switch (service) {
    case 'PASSIVE_LIVENESS':
      return [step('LIVENESS', livenessSettings(thresholds, 'REVIEW'))];
    case 'FACE_MATCH': {
      const threshold = thresholds.match ?? 30;
      return [
        step('FACE_MATCH', {
          face_match_score_decline_threshold: threshold,
          face_match_score_review_threshold: threshold,
          face_match_not_computed_action: 'DECLINE',
          eyes_covered_action: 'NO_ACTION',
          mouth_covered_action: 'NO_ACTION',
          face_covered_action: 'NO_ACTION',
        }),
      ];
    }
    case 'FACE_SEARCH':
      return [step('FACE_SEARCH', searchSettings('NO_ACTION'))];
    case 'AGE_ESTIMATION':
      return [
        step('LIVENESS', livenessSettings(thresholds, 'DECLINE')),
        step('AGE_ESTIMATION', { age_estimation_decline_threshold: thresholds.age ?? 18 }),
      ];
  }
}

/** @param minor what follows from several faces, from duplicates and, of an age, from bad light */
function livenessSettings({ liveness = 30 }: Thresholds, minor: 'REVIEW' | 'DECLINE'): RawSettings {
  return {
    face_liveness_method: 'PASSIVE',
    face_liveness_score_decline_threshold: liveness,
    face_liveness_score_review_threshold: liveness,
    face_liveness_multiple_faces_action: minor,
    face_quality_decline_threshold: 30,
    face_quality_review_threshold: 30,
    face_luminance_min_action: minor === 'DECLINE' ? 'DECLINE' : 'NO_ACTION',
    face_luminance_max_action: minor === 'DECLINE' ? 'DECLINE' : 'NO_ACTION',
    // What a picture tells of how it came to be is told to the caller: no camera of ours has taken it.
    virtual_camera_action: 'NO_ACTION',
    screen_capture_action: 'NO_ACTION',
    frame_injection_action: 'NO_ACTION',
    external_capture_device_action: 'NO_ACTION',
    face_liveness_video_anomaly_action: 'NO_ACTION',
    ...searchSettings(minor),
  };
}

function searchSettings(duplicates: 'NO_ACTION' | 'REVIEW' | 'DECLINE'): RawSettings {
  return {
    face_search_enabled: true,
    face_liveness_duplicated_face_action: duplicates,
    face_liveness_possible_duplicated_face_action: duplicates,
    face_liveness_possible_face_in_blocklist_action: 'DECLINE',
  };
}

function step(feature: string, config: RawSettings): WorkflowStep {
  return { node_id: `feature_${feature.toLowerCase()}_1`, feature, label: feature, config };
}

/** The definition that a recorded call's session pins, as a hosted session pins its workflow's. */
export function definitionOf(service: ApiService, steps: readonly WorkflowStep[]): WorkflowDefinition {
  return {
    workflow_label: service,
    workflow_type: 'biometric_authentication',
    is_white_label_enabled: false,
    is_desktop_allowed: false,
    max_retry_attempts: 0,
    retry_window_days: null,
    face_liveness_max_attempts: 1,
    face_match_max_attempts: 1,
    session_expiration_time: 3_600,
    steps,
  };
}

/** Named by its content (a UUID of version 8), so that equal calls share one row. */
export function definitionId(definition: WorkflowDefinition): string {
  const digest = createHash('sha256')
    .update(`selfsame call ${JSON.stringify(definition)}`)
    .digest();
  digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x80;
  digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80;
  const hex = digest.toString('hex', 0, 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
