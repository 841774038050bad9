import type { ColumnType } from 'kysely';
import type { FactValue } from '../domain/facts.ts';
import type { Reason, RiskLevel } from '../domain/weigh.ts';

/** A JSON column: read parsed, written as text (a JavaScript array would become an array of Postgres). */
type Json<T> = ColumnType<T, string, string>;

/** What was made of visits. */
export interface AssessmentTables {
  assessments: {
    id: string;
    application_id: string;
    session_id: string;
    attempt_id: string | null;
    phase: 'CREATION' | 'OPENING' | 'CAPTURE';
    /** null once raw values are gone. */
    facts: Json<Record<string, FactValue | null>> | null;
    rules: Json<unknown[]>;
    score: number;
    level: RiskLevel;
    reasons: Json<Reason[]>;
    counts: Json<{ value: number; absent: number; unavailable: number }>;
    step_up: Json<unknown> | null;
    failures: string[];
    catalogue_version: string;
    assessed_at: Date;
    raw_until: Date;
  };
}
