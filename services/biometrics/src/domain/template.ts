/**
 * Whose template it is. A template opens for its owner only.
 * - subject: enrolled, the reference of every later look
 * - reference: the portrait submitted with one session, until it expires
 * - candidate: what one look saw, waiting for the verdict on that look to become the subject's
 */
export type TemplateOwner =
  | { readonly kind: 'subject'; readonly applicationId: string; readonly subject: string }
  | { readonly kind: 'reference'; readonly applicationId: string; readonly sessionId: string }
  | {
      readonly kind: 'candidate';
      readonly applicationId: string;
      readonly sessionId: string;
      /** UUID; the evidence of the look and the statuses that rest on it carry it. */
      readonly candidateId: string;
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

/**
 * What a status does with the candidate that it names.
 * - promote: it becomes the subject's template
 * - refuse: it goes, and so does a subject's template that the same session enrolled
 * - retain: it waits for a person
 * - leave: the status says nothing about a look. A verdict may still be on its way to a session that was left
 */
export function candidateFate(status: string): 'promote' | 'refuse' | 'retain' | 'leave' {
  switch (status) {
    case 'Approved':
      return 'promote';
    case 'Declined':
      return 'refuse';
    case 'In Review':
    case 'Resubmitted':
      return 'retain';
    default:
      return 'leave';
  }
}
