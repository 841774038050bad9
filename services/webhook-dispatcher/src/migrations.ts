import { busMigrations } from '@selfsame/bus/migrations';
import type { Migration } from '@selfsame/database/migrate';
import { httpMigrations } from '@selfsame/http/migrations';

const deliveries: Migration = {
  name: '0001-deliveries',
  up: `
    CREATE TABLE destinations (
      id                uuid PRIMARY KEY,
      application_id    uuid NOT NULL,
      -- Each application has at most one endpoint of its own: it holds the application's webhook secret and the URL of
      -- the legacy endpoint, if there is one. Without a URL it still signs what goes to a session's callback.
      is_application_endpoint        boolean NOT NULL,
      label             text NOT NULL,
      url               text,
      enabled           boolean NOT NULL,
      webhook_version   text NOT NULL CHECK (webhook_version IN ('v1', 'v2', 'v3')),
      subscribed_events text[] NOT NULL,
      sealed_secret     bytea NOT NULL,
      created_at        timestamptz NOT NULL DEFAULT now(),
      updated_at        timestamptz NOT NULL DEFAULT now(),
      -- Deleted destinations stay as long as the log names them; they are never posted to again.
      deleted_at        timestamptz,
      CHECK (url IS NOT NULL OR is_application_endpoint)
    );
    CREATE UNIQUE INDEX destinations_application_endpoint ON destinations (application_id) WHERE is_application_endpoint;
    CREATE UNIQUE INDEX destinations_url ON destinations (application_id, url) WHERE deleted_at IS NULL;

    -- Settings of the legacy endpoint that belong to the application.
    CREATE TABLE applications (
      application_id        uuid PRIMARY KEY,
      capture_method        text NOT NULL DEFAULT 'both' CHECK (capture_method IN ('mobile', 'desktop', 'both')),
      data_retention_months integer CHECK (data_retention_months BETWEEN 1 AND 120)
    );

    -- The sessions that were heard of, and which of them were deleted since: an event that comes late must not bring
    -- erased data back.
    CREATE TABLE sessions (
      session_id     uuid PRIMARY KEY,
      application_id uuid NOT NULL,
      erased_at      timestamptz
    );

    -- One event for one destination. Who claims it moves due_at behind the end of the attempt, so a claim that is
    -- never finished is due again by itself; claims tells a late finisher that somebody else has taken over.
    CREATE TABLE deliveries (
      id             uuid PRIMARY KEY,
      event_id       uuid NOT NULL,
      destination_id uuid NOT NULL REFERENCES destinations,
      application_id uuid NOT NULL,
      session_id     uuid NOT NULL,
      webhook_type   text NOT NULL,
      session_status text NOT NULL,
      sequence       bigint NOT NULL,
      -- Set when the event goes to the session's callback, because the application has no destination.
      callback_url   text,
      -- Canonical JSON as of the event; attempts change its timestamp only. Null once erased.
      body           text,
      traceparent    text,
      state          text NOT NULL CHECK (state IN ('pending', 'delivered', 'failed', 'cancelled')),
      attempts       integer NOT NULL DEFAULT 0,
      claims         integer NOT NULL,
      due_at         timestamptz NOT NULL,
      created_at     timestamptz NOT NULL,
      UNIQUE (event_id, destination_id)
    );
    CREATE INDEX deliveries_due ON deliveries (destination_id, due_at) WHERE state = 'pending';
    CREATE INDEX deliveries_session ON deliveries (session_id);
    CREATE INDEX deliveries_age ON deliveries (application_id, created_at) WHERE body IS NOT NULL;

    -- One HTTP request. What was sent is the delivery's body with this timestamp.
    CREATE TABLE attempts (
      position         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      id               uuid NOT NULL UNIQUE,
      delivery_id      uuid NOT NULL REFERENCES deliveries,
      destination_id   uuid NOT NULL REFERENCES destinations,
      cause            text NOT NULL CHECK (cause IN ('schedule', 'resend')),
      request_url      text NOT NULL,
      request_header   text NOT NULL,
      signed_at        bigint NOT NULL,
      response_status  integer,
      -- Until the status line; null when none came.
      response_time_ms integer,
      -- Stable code of what went wrong when no answer came: timeout, ECONNREFUSED, ...
      error            text,
      created_at       timestamptz NOT NULL
    );
    CREATE INDEX attempts_destination ON attempts (destination_id, position);
    CREATE INDEX attempts_delivery ON attempts (delivery_id);
  `,
};

/** All migrations of the service's schema, those of the libs first. */
export const migrations: Migration[] = [...busMigrations, ...httpMigrations, deliveries];
