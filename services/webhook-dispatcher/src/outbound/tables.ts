import type { ColumnType, Generated, JSONColumnType } from 'kysely';
import type { WebhookVersion } from '../domain/body.ts';
import type { DeliveryState, DisabledReason } from '../domain/delivery.ts';
import type { Health } from '../domain/health.ts';
import type { RetrySchedule } from '../domain/schedule.ts';

/** The tables of this service as queries see them; migrations.ts says what they mean. */
export interface Tables {
  destinations: {
    id: string;
    application_id: string;
    is_application_endpoint: boolean;
    label: string;
    url: string | null;
    enabled: boolean;
    webhook_version: WebhookVersion;
    subscribed_events: string[];
    sealed_secret: Buffer;
    created_at: Generated<Date>;
    updated_at: Generated<Date>;
    deleted_at: Date | null;
    ordered: Generated<boolean>;
    /** Written as JSON text, read parsed. */
    retry_schedule: ColumnType<RetrySchedule, string | undefined, string>;
    rate_per_second: number | null;
    max_in_flight: number | null;
    asymmetric_signature: Generated<boolean>;
    sealed_previous_secret: Buffer | null;
    previous_secret_ends_at: Date | null;
    disabled_reason: DisabledReason | null;
  };
  destination_health: {
    destination_id: string;
    circuit: Health['circuit'];
    circuit_until: Date | null;
    openings: number;
    consecutive_failures: number;
    paused_until: Date | null;
    slow_rate: number | null;
    slowed_at: Date | null;
    rate_used_until: Date | null;
    failing_since: Date | null;
    failures: number;
  };
  destination_history: {
    position: Generated<number>;
    destination_id: string;
    event: string;
    actor: string;
    detail: JSONColumnType<Record<string, unknown>>;
    created_at: Generated<Date>;
  };
  applications: {
    application_id: string;
    capture_method: Generated<'mobile' | 'desktop' | 'both'>;
    data_retention_months: number | null;
    body_retention_days: number | null;
  };
  sessions: {
    session_id: string;
    application_id: string;
    erased_at: Date | null;
    subject_hash: Buffer | null;
    contiguous: number | null;
    ahead: Generated<number[]>;
  };
  deliveries: {
    id: string;
    event_id: string;
    destination_id: string;
    application_id: string;
    session_id: string;
    webhook_type: string;
    session_status: string;
    sequence: number;
    callback_url: string | null;
    body: string | null;
    traceparent: string | null;
    state: DeliveryState;
    attempts: Generated<number>;
    claims: number;
    claimed_until: Date | null;
    due_at: Date;
    created_at: Date;
    frame_at: Date | null;
  };
  attempts: {
    position: Generated<number>;
    id: string;
    delivery_id: string;
    destination_id: string;
    cause: 'schedule' | 'resend' | 'test';
    number: number | null;
    request_url: string;
    request_header: string;
    signed_at: number;
    response_status: number | null;
    response_time_ms: number | null;
    error: string | null;
    response_body: string | null;
    created_at: Date;
  };
  attempt_totals: {
    destination_id: string;
    through_position: number;
    total: number;
    failed: number;
    answered: number;
    sum_ms: number;
    min_ms: number | null;
    max_ms: number | null;
    last_at: Date | null;
  };
}
