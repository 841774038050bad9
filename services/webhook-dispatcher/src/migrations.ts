import { busMigrations } from '@selfsame/bus/migrations';
import type { Migration } from '@selfsame/database/migrate';
import { httpMigrations } from '@selfsame/http/migrations';
import { keyMigrations } from '@selfsame/keys/migrations';

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

    -- One event for one destination. Who claims it says until when (claimed_until, added below), so a claim that is
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

const trust: Migration = {
  name: '0002-order-health-and-history',
  up: `
    ALTER TABLE destinations
      ADD COLUMN ordered boolean NOT NULL DEFAULT false,
      -- A preset's name, or the seconds before each retry.
      ADD COLUMN retry_schedule jsonb NOT NULL DEFAULT '"standard"',
      ADD COLUMN rate_per_second real,
      ADD COLUMN max_in_flight integer,
      ADD COLUMN asymmetric_signature boolean NOT NULL DEFAULT false,
      -- The secret before the last rotation, which signs as well until it ends.
      ADD COLUMN sealed_previous_secret bytea,
      ADD COLUMN previous_secret_ends_at timestamptz,
      ADD COLUMN disabled_reason text CHECK (disabled_reason IN ('owner', 'failing', 'gone'));
    UPDATE destinations SET disabled_reason = 'owner' WHERE NOT enabled;

    -- How a destination is doing, as all replicas see it; src/domain/health.ts says what the columns mean. No row: nothing
    -- is wrong.
    CREATE TABLE destination_health (
      destination_id       uuid PRIMARY KEY REFERENCES destinations ON DELETE CASCADE,
      circuit              text NOT NULL CHECK (circuit IN ('closed', 'open', 'half_open')),
      circuit_until        timestamptz,
      openings             integer NOT NULL,
      consecutive_failures integer NOT NULL,
      paused_until         timestamptz,
      slow_rate            double precision,
      slowed_at            timestamptz,
      rate_used_until      timestamptz,
      failing_since        timestamptz,
      failures             integer NOT NULL
    );

    -- What happened to a destination, and by whom.
    CREATE TABLE destination_history (
      position       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      destination_id uuid NOT NULL REFERENCES destinations ON DELETE CASCADE,
      event          text NOT NULL,
      -- API key id, or 'system'.
      actor          text NOT NULL,
      -- What changed, in words and names, never a secret.
      detail         jsonb NOT NULL DEFAULT '{}',
      created_at     timestamptz NOT NULL DEFAULT now()
    );
    CREATE INDEX destination_history_of ON destination_history (destination_id, position);

    ALTER TABLE sessions
      -- SHA-256 of application and vendor_data: finds what is stored about a subject, tells nothing.
      ADD COLUMN subject_hash bytea,
      -- Every event up to this sequence has been heard of; null: a session from before this was counted.
      ADD COLUMN contiguous bigint,
      -- Sequences beyond it that came early.
      ADD COLUMN ahead bigint[] NOT NULL DEFAULT '{}';
    -- The highest of an unbroken row of sequences after start, and the sequences behind a number.
    CREATE FUNCTION reached(start bigint, sequences bigint[]) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$
      BEGIN
        WHILE start + 1 = ANY (sequences) LOOP start := start + 1; END LOOP;
        RETURN start;
      END $$;
    CREATE FUNCTION beyond(start bigint, sequences bigint[]) RETURNS bigint[] LANGUAGE plpgsql IMMUTABLE AS $$
      BEGIN
        RETURN ARRAY(SELECT DISTINCT n FROM unnest(sequences) AS n WHERE n > start);
      END $$;
    CREATE INDEX sessions_subject ON sessions (subject_hash);
    UPDATE sessions SET subject_hash = sha256(convert_to(known.application_id || ':' || known.vendor_data, 'UTF8'))
    FROM (
      SELECT DISTINCT ON (session_id) session_id, application_id, body::jsonb->>'vendor_data' AS vendor_data
      FROM deliveries WHERE body IS NOT NULL AND strpos(body, '\\u0000') = 0 -- which jsonb refuses
    ) AS known
    WHERE known.session_id = sessions.session_id AND known.vendor_data IS NOT NULL;

    -- waiting: for its turn, at an ordered destination; due_at is when somebody looks whether it waits in vain.
    -- held: the system has switched its destination off.
    ALTER TABLE deliveries DROP CONSTRAINT deliveries_state_check;
    ALTER TABLE deliveries ADD CONSTRAINT deliveries_state_check
      CHECK (state IN ('pending', 'waiting', 'held', 'delivered', 'failed', 'cancelled'));
    -- A claim is marked beside due_at, which is indexed: so it is an update within the page (HOT), and costs no index entry.
    ALTER TABLE deliveries ADD COLUMN claimed_until timestamptz;
    ALTER TABLE deliveries SET (fillfactor = 70, toast_tuple_target = 256);
    -- Bodies are written once, read once an attempt and moved never: out of the row, and compressed quickly where possible.
    DO $$ BEGIN
      ALTER TABLE deliveries ALTER COLUMN body SET COMPRESSION lz4;
    EXCEPTION WHEN feature_not_supported THEN NULL;
    END $$;
    -- One writer keeps these; checking them would lock the row of a destination once for each of its deliveries.
    ALTER TABLE deliveries DROP CONSTRAINT deliveries_destination_id_fkey;
    ALTER TABLE attempts DROP CONSTRAINT attempts_destination_id_fkey, DROP CONSTRAINT attempts_delivery_id_fkey;

    DROP INDEX deliveries_session;
    CREATE INDEX deliveries_turn ON deliveries (session_id, destination_id, sequence);
    DROP INDEX deliveries_age;
    CREATE INDEX deliveries_age ON deliveries USING brin (created_at);
    CREATE INDEX deliveries_waiting ON deliveries (due_at) WHERE state = 'waiting';
    CREATE INDEX deliveries_held ON deliveries (destination_id, due_at) WHERE state = 'held';
    CREATE INDEX deliveries_failed ON deliveries (destination_id, created_at) WHERE state = 'failed';

    -- Nobody looks an attempt up by its position alone.
    ALTER TABLE attempts DROP CONSTRAINT attempts_pkey, DROP CONSTRAINT attempts_id_key, ADD PRIMARY KEY (id);
    ALTER TABLE attempts DROP CONSTRAINT attempts_cause_check;
    ALTER TABLE attempts
      ADD CONSTRAINT attempts_cause_check CHECK (cause IN ('schedule', 'resend', 'test')),
      -- 1 for the first attempt that the schedule made; null for resends and tests.
      ADD COLUMN number integer,
      -- The beginning of what the receiver answered; erased with the body.
      ADD COLUMN response_body text;

    -- Figures over the attempts that the log has had, up to a position; what came later is added when they are read.
    CREATE TABLE attempt_totals (
      destination_id   uuid PRIMARY KEY REFERENCES destinations ON DELETE CASCADE,
      through_position bigint NOT NULL,
      total            bigint NOT NULL,
      failed           bigint NOT NULL,
      answered         bigint NOT NULL,
      sum_ms           bigint NOT NULL,
      min_ms           integer,
      max_ms           integer,
      last_at          timestamptz
    );

    -- Beside data_retention_months, for bodies and answers alone; the stricter of the two holds.
    ALTER TABLE applications ADD COLUMN body_retention_days integer CHECK (body_retention_days BETWEEN 1 AND 3650);

    -- Failures are looked for among many attempts that went well. The condition is isFailure in src/outbound/attempt-kinds.ts.
    CREATE INDEX attempts_failed ON attempts (destination_id, position)
      WHERE response_status IS NULL OR response_status < 200 OR response_status >= 300;
  `,
};

const frames: Migration = {
  name: '0003-frame-time',
  up: `
    -- When the frame came that the event follows from: how long a user's result took to leave the house.
    ALTER TABLE deliveries ADD COLUMN frame_at timestamptz;
  `,
};

/** All migrations of the service's schema, those of the libs first. */
export const migrations: Migration[] = [
  ...busMigrations,
  ...httpMigrations,
  ...keyMigrations,
  deliveries,
  trust,
  frames,
];
