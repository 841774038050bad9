import type { ColumnType } from 'kysely';
import type { ErasureState, KeptKind, RemovedKind } from '../domain/erasure.ts';

/** A JSON column: read parsed, written as text. */
type Json<T> = ColumnType<T, string, string>;

/** See migrations/retention-and-erasure.ts. */
export interface ErasureTables {
  retention_runs: {
    application_id: string;
    day: string;
    hosted: number;
    api: number;
    imported: number;
    oldest: Date;
  };
  face_retentions: {
    application_id: string;
    vendor_data: string;
    asked_at: Date;
    forget_at: Date;
  };
  erasures: {
    id: string;
    application_id: string;
    state: ErasureState;
    user_pid: string;
    vendor_data: string | null;
    after_number: number;
    through_number: number;
    removed: ColumnType<Record<string, number>, string | undefined, string>;
    instruction_id: string | null;
    requested_at: Date;
    told_at: Date | null;
    erased_at: Date | null;
    certificate: string | null;
  };
  erasure_sessions: {
    erasure_id: string;
    session_id: string;
    in_event: boolean;
  };
  erasure_confirmations: {
    erasure_id: string;
    service: string;
    removed: Json<RemovedKind[]>;
    kept: Json<KeptKind[]>;
    confirmed_at: Date;
  };
}
