import type { Evidence, FaceEvidence } from '../domain/features/evidence.ts';
import type { FeatureReport } from '../domain/features/feature.ts';
import type { WorkflowStep } from '../domain/verdict.ts';
import { judgeSteps } from '../domain/verdict.ts';
import type { ApiService } from './services.ts';

/** What a call was decided to be. Nobody reviews it, so there is nothing between. */
export interface Judgement {
  readonly status: 'Approved' | 'Declined';
  readonly reports: readonly FeatureReport[];
}

/** Warnings that leave a call approved. Any other one would have asked for a review, which nobody makes: it declines. */
const onlyWarnings: ReadonlySet<string> = new Set([
  'MULTIPLE_FACES_DETECTED',
  'DUPLICATED_FACE',
  'POSSIBLE_DUPLICATED_FACE',
  'ENROLLED_FACE_DIFFERS',
]);

/** Judges a call by the same rules as a session. Pure. */
export function judgeCall(steps: readonly WorkflowStep[], evidence: Evidence): Judgement {
  const reports = judgeSteps(steps, evidence).map(settled);
  return { status: reports.some(({ status }) => status === 'Declined') ? 'Declined' : 'Approved', reports };
}

function settled(report: FeatureReport): FeatureReport {
  const declines = report.warnings.some(
    ({ log_type, risk }) => log_type === 'error' || (log_type === 'warning' && !onlyWarnings.has(risk)),
  );
  return { ...report, status: declines || report.status === 'Not Finished' ? 'Declined' : 'Approved' };
}

/** Whether a search that the call rests on did not happen. */
export function lacksSearch(reports: readonly FeatureReport[]): boolean {
  return reports.some(({ warnings }) => warnings.some(({ risk }) => risk === 'FACE_SEARCH_UNAVAILABLE'));
}

/**
 * Whether the face of an approved call may become the one on file. Where there is none yet, every call may bring it; one
 * that is there is only replaced by a living face, and by one that resembles it wherever that can be told, so that no call
 * puts somebody else in a user's place.
 */
export function mayEnrol(service: ApiService, { status, reports }: Judgement, face: FaceEvidence): boolean {
  if (status !== 'Approved') return false;
  if (face.enrolledSimilarity === null && !face.enrolledUnreadable) return true;
  const sawLiving = service === 'PASSIVE_LIVENESS' || service === 'AGE_ESTIMATION';
  const differs = reports.some(({ warnings }) =>
    warnings.some(({ risk }) => risk === 'ENROLLED_FACE_DIFFERS'),
  );
  return sawLiving && !differs;
}
