import type { WebhookVersion } from './body.ts';

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
  readonly sealedSecret: Buffer;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** One event for one destination, with what an attempt needs to know of that destination now. */
export interface Delivery {
  readonly id: string;
  readonly destinationId: string;
  readonly sessionId: string;
  readonly webhookType: string;
  /** Session status in the event. */
  readonly status: string;
  /** Canonical JSON as of the event. */
  readonly body: string;
  /** W3C trace context of the event. */
  readonly traceparent: string | null;
  readonly createdAt: Date;
  /** Scheduled attempts made so far. */
  readonly attempts: number;
  /** Number of this claim; another number in the table means that somebody else has taken over. */
  readonly claims: number;
  /** Null when the destination was deleted or switched off. */
  readonly url: string | null;
  readonly sealedSecret: Buffer;
}

/** One HTTP request that was made. */
export interface Attempt {
  readonly id: string;
  readonly deliveryId: string;
  readonly destinationId: string;
  readonly cause: 'schedule' | 'resend';
  readonly requestUrl: string;
  /** JSON text of the headers. */
  readonly requestHeader: string;
  /** Unix seconds; the body's timestamp. */
  readonly signedAt: number;
  readonly responseStatus: number | null;
  readonly responseTimeMs: number | null;
  readonly error: string | null;
  readonly createdAt: Date;
}

/** An attempt as the delivery log shows it. */
export interface LoggedAttempt extends Attempt {
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
