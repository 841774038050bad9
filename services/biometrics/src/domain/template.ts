/**
 * Whose template it is. A template opens for its owner only.
 * - subject: enrolled, the reference of every later look
 * - reference: the portrait submitted with one session, until it expires
 * - candidate: what one look saw, waiting for the verdict on that look to become the subject's
 * - list_entry: a face on a list of the application
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
    }
  | {
      readonly kind: 'list_entry';
      readonly applicationId: string;
      readonly listId: string;
      readonly entryId: string;
    };

/**
 * One version of an application's template key. The active one protects what is new; retiring ones still compare, until
 * the next approved look of each subject. Of a revoked one nothing is left that could be read here.
 */
export interface TemplateKey {
  readonly applicationId: string;
  /** From 1. */
  readonly version: number;
  readonly state: 'active' | 'retiring';
  /** 32 random bytes. With the biometric key they make the version's keys; without them nobody can. */
  readonly salt: Buffer;
}

/** What earlier releases stored has this key version: an embedding, sealed as it was. */
export const PLAIN_VERSION = 0;

/** Owners whose templates lie in the table `templates`. */
export type RowOwner = Exclude<TemplateOwner, { kind: 'list_entry' }>;

export type TemplateKind = RowOwner['kind'];

/** A protected template and what is needed to read it years later. */
export interface SealedTemplate {
  /** Names the biometric key. */
  readonly keyId: string;
  /** Of the application's template key. Templates of different versions never compare. */
  readonly keyVersion: number;
  /** Models and calibration of the release that made it. */
  readonly pipelineVersion: string;
  /** Templates of different spaces never compare. */
  readonly embeddingSpace: string;
  readonly sealed: Buffer;
}

/**
 * What a candidate may do once it is approved.
 * - enrol: become the subject's template
 * - renew: replace what the subject has under a former key version
 * - adapt: be blended into what the subject has
 * - grant: enrol a subject that has nothing, using up the grant by which it was compared
 */
export type CandidateUse =
  | { readonly kind: 'enrol' | 'renew' | 'adapt' }
  | { readonly kind: 'grant'; readonly grantId: string };

/** A row as it can be used today: of a revoked version there is nothing to open. */
export type StoredTemplate =
  | { readonly state: 'usable'; readonly key: TemplateKey; readonly template: SealedTemplate }
  | { readonly state: 'plain'; readonly template: SealedTemplate }
  | { readonly state: 'revoked' };

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
