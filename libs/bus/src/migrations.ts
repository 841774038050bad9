import type { Migration } from '@selfsame/database/migrate';

/** The bus keeps its tables in the schema of the service it serves; a service lists these before its own. */
export const busMigrations: Migration[] = [
  {
    name: 'bus-0001-outbox-and-inbox',
    up: `
      CREATE TABLE outbox (
        position        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        id              text NOT NULL UNIQUE,
        subject         text NOT NULL,
        payload         bytea NOT NULL,
        headers         jsonb NOT NULL,
        created_at      timestamptz NOT NULL DEFAULT now(),
        incarnation     timestamptz,
        stream_sequence bigint,
        CHECK ((incarnation IS NULL) = (stream_sequence IS NULL))
      );
      COMMENT ON COLUMN outbox.incarnation IS 'creation time of the stream that acknowledged the event; null: not published';
      CREATE INDEX outbox_waiting ON outbox (position) WHERE incarnation IS NULL;
      CREATE INDEX outbox_acknowledged ON outbox (incarnation, stream_sequence) WHERE incarnation IS NOT NULL;

      CREATE TABLE inbox (
        consumer        text NOT NULL,
        event_id        text NOT NULL,
        incarnation     timestamptz NOT NULL,
        stream_sequence bigint NOT NULL,
        handled_at      timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (consumer, event_id)
      );
      CREATE INDEX inbox_by_age ON inbox (consumer, handled_at);

      CREATE TABLE dead_letters (
        consumer   text NOT NULL,
        event_id   text NOT NULL,
        subject    text NOT NULL,
        payload    bytea NOT NULL,
        headers    jsonb NOT NULL,
        reason     text NOT NULL,
        deliveries integer NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (consumer, event_id)
      );
      COMMENT ON COLUMN dead_letters.reason IS 'error code of the last failure; the log has the rest';
    `,
  },
  {
    name: 'bus-0002-replay-and-readers',
    up: `
      ALTER TABLE dead_letters ADD COLUMN replay_requested_at timestamptz;
      COMMENT ON COLUMN dead_letters.replay_requested_at IS 'set by the dead-letters command; a running subscription takes it';
      CREATE INDEX dead_letters_requested ON dead_letters (consumer, replay_requested_at)
        WHERE replay_requested_at IS NOT NULL;

      CREATE TABLE stream_readers (
        consumer    text PRIMARY KEY,
        incarnation timestamptz NOT NULL,
        seen_at     timestamptz NOT NULL DEFAULT now()
      );
      COMMENT ON TABLE stream_readers IS 'consumers seen on the stream, also of other services: a new stream is not trimmed before they are back';
    `,
  },
  {
    name: 'bus-0003-forgetting',
    up: `
      ALTER TABLE outbox ADD COLUMN about text;
      COMMENT ON COLUMN outbox.about IS 'id by which an event that tells about a person is found when the person is erased';
      -- Field 1 of these messages, which codecs write first.
      UPDATE outbox SET about = encode(substring(payload FROM 3 FOR 36), 'escape')
        WHERE subject = 'selfsame.session.status_changed' AND substring(payload FOR 2) = '\\x0a24'::bytea;
      CREATE INDEX outbox_about ON outbox (about) WHERE about IS NOT NULL;
    `,
  },
];
