import type { ColumnType, Generated } from 'kysely';

/** A JSON column: read parsed, written as text. */
type Json<T> = ColumnType<T | null, string | null, string | null>;
type Source = 'browser' | 'application';

/** What is known of subjects, devices and networks. migrations/history.ts says what each column means. */
export interface HistoryTables {
  devices: { id: Buffer; is_proved: boolean; first_seen_at: Date; last_seen_at: Date };
  device_cookies: { cookie: Buffer; device: Buffer };
  visits: {
    application_id: string;
    session_id: string;
    phase: number;
    subject: Buffer | null;
    device: Buffer | null;
    device_name: Buffer | null;
    is_proved: Generated<boolean>;
    network: Buffer | null;
    prefix: Buffer | null;
    asn: number | null;
    country: string | null;
    latitude: number | null;
    longitude: number | null;
    radius_km: number | null;
    is_vpn_or_tor: boolean | null;
    is_data_center: boolean | null;
    ja4: Buffer | null;
    fingerprint: Buffer | null;
    hardware: Buffer | null;
    traits: Buffer | null;
    camera: Buffer | null;
    brand: Generated<string>;
    model: Generated<string>;
    browser_family: Generated<string>;
    browser_major: number | null;
    os_family: Generated<string>;
    os_version: Generated<string>;
    platform: Generated<string>;
    local_hour: number | null;
    similarity: number | null;
    status: Generated<string>;
    status_sequence: Generated<number>;
    is_approved: Generated<boolean>;
    enrols: Generated<boolean>;
    method: string | null;
    decided_at: Date | null;
    came_at: Date;
    seen_at: Date;
    raw: Json<{ ip_address: string; country: string; state: string; city: string }>;
    raw_until: Date | null;
    erased_at: Date | null;
  };
  visit_looks: {
    application_id: string;
    session_id: string;
    attempt_id: string;
    subject: Buffer | null;
    device: Buffer | null;
    device_name: Buffer | null;
    network: Buffer | null;
    application_device: Buffer | null;
    application_network: Buffer | null;
    liveness_failed: boolean | null;
    looked_at: Date;
  };
  known_devices: {
    application_id: string;
    subject: Buffer;
    device_name: Buffer;
    device: Buffer | null;
    source: Source;
    session_id: string | null;
    first_approved_at: Date;
    last_approved_at: Date;
  };
  known_networks: {
    application_id: string;
    subject: Buffer;
    network: Buffer;
    source: Source;
    session_id: string | null;
    first_approved_at: Date;
    last_approved_at: Date;
  };
  visit_hours: {
    application_id: string;
    hour: Date;
    sessions: Generated<number>;
    approved: Generated<number>;
    declined: Generated<number>;
  };
}
