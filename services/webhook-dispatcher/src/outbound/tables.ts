import type { Generated } from 'kysely';
import type { WebhookVersion } from '../domain/body.ts';

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
  };
  applications: {
    application_id: string;
    capture_method: Generated<'mobile' | 'desktop' | 'both'>;
    data_retention_months: number | null;
  };
  sessions: {
    session_id: string;
    application_id: string;
    erased_at: Date | null;
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
    state: 'pending' | 'delivered' | 'failed' | 'cancelled';
    attempts: Generated<number>;
    claims: number;
    due_at: Date;
    created_at: Date;
  };
  attempts: {
    position: Generated<number>;
    id: string;
    delivery_id: string;
    destination_id: string;
    cause: 'schedule' | 'resend';
    request_url: string;
    request_header: string;
    signed_at: number;
    response_status: number | null;
    response_time_ms: number | null;
    error: string | null;
    created_at: Date;
  };
}
