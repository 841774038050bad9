/**
 * Whose template it is. A template opens for its owner only.
 * - subject: enrolled, the reference of every later look
 * - reference: the portrait submitted with one session, until it expires
 * - candidate: what an attempt saw, waiting for its session's verdict to become the subject's
 */
export type TemplateOwner =
  | { readonly kind: 'subject'; readonly applicationId: string; readonly subject: string }
  | { readonly kind: 'reference'; readonly applicationId: string; readonly sessionId: string }
  | {
      readonly kind: 'candidate';
      readonly applicationId: string;
      readonly sessionId: string;
      readonly subject: string;
    };

export type TemplateKind = TemplateOwner['kind'];

/** A protected template and what is needed to read it years later. */
export interface SealedTemplate {
  readonly keyId: string;
  /** Models and calibration of the release that made it. */
  readonly pipelineVersion: string;
  /** Templates of different spaces never compare. */
  readonly embeddingSpace: string;
  readonly sealed: Buffer;
}

/** What becomes of a session's candidate when the session enters a status. */
export function candidateFate(status: string, enrols: boolean): 'promote' | 'drop' | 'keep' {
  if (status === 'Approved') return enrols ? 'promote' : 'drop';
  return REFUSALS.has(status) ? 'drop' : 'keep';
}

/** In Review, Resubmitted, Not Finished and the open statuses may still end well. */
const REFUSALS = new Set(['Declined', 'Expired', 'Kyc Expired', 'Abandoned']);
