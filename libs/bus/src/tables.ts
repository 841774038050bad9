import type { Generated, JSONColumnType } from 'kysely';

/** The tables of `busMigrations`, as kysely sees them. */
export interface BusTables {
  outbox: {
    position: Generated<number>;
    id: string;
    subject: string;
    payload: Buffer;
    headers: JSONColumnType<Record<string, string>>;
    about: Generated<string | null>;
    created_at: Generated<Date>;
    incarnation: string | null;
    stream_sequence: number | null;
  };
  inbox: {
    consumer: string;
    event_id: string;
    incarnation: string;
    stream_sequence: number;
    handled_at: Generated<Date>;
  };
  dead_letters: {
    consumer: string;
    event_id: string;
    subject: string;
    payload: Buffer;
    headers: JSONColumnType<Record<string, string>>;
    reason: string;
    deliveries: number;
    created_at: Generated<Date>;
    replay_requested_at: Generated<Date | null>;
  };
  stream_readers: {
    consumer: string;
    incarnation: string;
    seen_at: Generated<Date>;
  };
}
