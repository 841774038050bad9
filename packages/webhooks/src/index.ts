/** The door of the package; everything else is behind it. */
export type {
  EventEnvelope,
  OtherEvent,
  SessionStatus,
  StatusEvent,
  StepSummary,
  WebhookEvent,
} from './events.ts';
export type { WebhookHeaders } from './headers.ts';
export type { WebhookJwk, WebhookKey } from './key-types.ts';
// biome-ignore lint/performance/noBarrelFile: a published package has one entry
export { type VerifyOptions, verifyWebhook } from './verify.ts';
export { WebhookError, type WebhookErrorCode } from './webhook-error.ts';
