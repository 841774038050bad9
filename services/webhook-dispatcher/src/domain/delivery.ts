import type { WebhookVersion } from './body.ts';
import type { RetrySchedule } from './schedule.ts';

/** Why nothing is sent to a destination: its owner's wish, days of failures, or a 410. */
export type DisabledReason = 'owner' | 'failing' | 'gone';

/** The system has switched it off, not its owner: what is due to it is kept. */
export function isOffBySystem({ disabledReason }: Pick<Destination, 'disabledReason'>): boolean {
  return disabledReason === 'failing' || disabledReason === 'gone';
}

/**
 * pending: due at some time. waiting: for its turn, at an ordered destination. held: until its destination, which the
 * system has switched off, is switched on. The others are ends.
 */
export type DeliveryState = 'pending' | 'waiting' | 'held' | 'delivered' | 'failed' | 'cancelled';

/** Where an application's webhooks go. */
export interface Destination {
  readonly id: string;
  readonly applicationId: string;
  /** The application's own (legacy) endpoint: holds the application's secret, and exists without a URL too. */
  readonly isApplicationEndpoint: boolean;
  readonly label: string;
  readonly url: string | null;
  readonly enabled: boolean;
  readonly version: WebhookVersion;
  readonly subscribedEvents: readonly string[];
  /** A session's events strictly one after the other. */
  readonly ordered: boolean;
  readonly retrySchedule: RetrySchedule;
  /** Attempts a second, over all replicas; null for no limit. */
  readonly ratePerSecond: number | null;
  /** Attempts under way at once in one replica; null for the service's default. */
  readonly maxInFlight: number | null;
  /** Deliveries carry an Ed25519 signature too. */
  readonly asymmetricSignature: boolean;
  readonly sealedSecret: Buffer;
  /** The secret before the last rotation, which signs as well until it ends. */
  readonly sealedPreviousSecret: Buffer | null;
  readonly previousSecretEndsAt: Date | null;
  readonly disabledReason: DisabledReason | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** One event for one destination, with what an attempt needs to know of that destination now. */
export interface Delivery {
  readonly id: string;
  /** The webhook's `event_id`. */
  readonly eventId: string;
  readonly destinationId: string;
  readonly applicationId: string;
  readonly sessionId: string;
  readonly webhookType: string;
  /** Session status in the event. */
  readonly status: string;
  /** Canonical JSON as of the event. */
  readonly body: string;
  /** W3C trace context of the event. */
  readonly traceparent: string | null;
  readonly createdAt: Date;
  /** When the frame came that the event follows from; null when there is none, or when the destination was what it waited for. */
  readonly frameAt: Date | null;
  /** Scheduled attempts made so far. */
  readonly attempts: number;
  /** Number of this claim; another number in the table means that somebody else has taken over. */
  readonly claims: number;
  readonly url: string;
  /** Goes to the session's callback: what it is like says nothing about the destination. */
  readonly isCallback: boolean;
  readonly destination: DestinationTerms;
}

/** What an attempt needs to know of its destination. */
export type DestinationTerms = Pick<
  Destination,
  | 'ordered'
  | 'retrySchedule'
  | 'maxInFlight'
  | 'asymmetricSignature'
  | 'sealedSecret'
  | 'sealedPreviousSecret'
  | 'previousSecretEndsAt'
>;

/** One HTTP request that was made. */
export interface Attempt {
  readonly id: string;
  readonly deliveryId: string;
  readonly destinationId: string;
  readonly cause: 'schedule' | 'resend' | 'test';
  /** 1 for the first attempt that the schedule made; null for resends and tests. */
  readonly number: number | null;
  readonly requestUrl: string;
  /** JSON text of the headers. */
  readonly requestHeader: string;
  /** Unix seconds; the body's timestamp. */
  readonly signedAt: number;
  readonly responseStatus: number | null;
  readonly responseTimeMs: number | null;
  readonly error: string | null;
  /** The first 20 kB of what the receiver answered; null when it did not, and once erased. */
  readonly responseBody: string | null;
  readonly createdAt: Date;
}

/** An attempt as the delivery log shows it. */
export interface LoggedAttempt extends Attempt {
  readonly eventId: string;
  readonly sessionId: string;
  readonly status: string;
  readonly webhookType: string;
  /** Canonical JSON as of the event; null once erased. */
  readonly body: string | null;
  /** When the event happened. */
  readonly eventAt: Date;
}

/** What a destination has been like, over all attempts in the log. */
export interface DestinationSummary {
  readonly total: number;
  readonly failed: number;
  readonly minResponseTimeMs: number | null;
  readonly averageResponseTimeMs: number | null;
  readonly maxResponseTimeMs: number | null;
  readonly lastAt: Date | null;
}
