/** A status as the API spells it. Only `Approved` means yes. */
export type SessionStatus =
  | 'Not Started'
  | 'In Progress'
  | 'Awaiting User'
  | 'In Review'
  | 'Approved'
  | 'Declined'
  | 'Resubmitted'
  | 'Expired'
  | 'Kyc Expired'
  | 'Abandoned'
  | 'Not Finished';

/** What every event has. Times are unix seconds. */
export interface EventEnvelope {
  /** UUID, the same in every delivery of this event: handle each once. */
  readonly event_id: string;
  /** When this delivery was signed. */
  readonly timestamp: number;
  /** When it happened. */
  readonly created_at: number;
  readonly application_id: string;
  readonly environment: 'live' | 'sandbox';
}

/** A session has entered a status. */
export interface StatusEvent extends EventEnvelope {
  readonly webhook_type: 'status.updated';
  readonly session_id: string;
  /** Rises by one with every event of the session: of two events, the higher one is the newer. */
  readonly sequence: number;
  readonly status: SessionStatus;
  readonly workflow_id: string;
  readonly workflow_version: number;
  /** Your own id of the user, as you gave it. */
  readonly vendor_data?: string;
  /** Your own JSON, as you gave it; of a test event `{ test_webhook: true }`. */
  readonly metadata?: unknown;
  /** Short form of the last liveness check; the score is 0-1. */
  readonly liveness?: StepSummary & { readonly method: string; readonly score: number | null };
  /** Short form of the last face match; the score is 0-1. */
  readonly face?: StepSummary & { readonly similarity_score: number | null };
  readonly id_verification?: StepSummary;
  /** With `Approved`, `Declined`, `In Review` and `Abandoned`: what `GET /v3/session/{id}/decision/` says, in the shape of the destination's version. */
  readonly decision?: Readonly<Record<string, unknown>>;
  /** With `Resubmitted`: what the user has to do again, and why. */
  readonly resubmit_info?: unknown;
}

/** What a step has come to. */
export interface StepSummary {
  readonly status: string;
}

/** Something else has happened: to a session, a user, a business or a transaction. */
export interface OtherEvent extends EventEnvelope {
  readonly webhook_type:
    | 'data.updated'
    | 'user.status.updated'
    | 'user.data.updated'
    | 'business.status.updated'
    | 'business.data.updated'
    | 'activity.created'
    | 'transaction.created'
    | 'transaction.status.updated'
    | 'travel_rule.status.updated';
  readonly [member: string]: unknown;
}

/**
 * A verified event, told apart by `webhook_type`. Its sender is known and its envelope was checked; later versions of
 * Selfsame may add members and types, so ignore what you do not know.
 */
export type WebhookEvent = StatusEvent | OtherEvent;
