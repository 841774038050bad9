import type { ColumnType, Generated } from 'kysely';
import type { FactValue } from '../domain/facts.ts';
import type { MatchedRule } from '../domain/rule-matching.ts';
import type { WrittenRule } from '../domain/rules.ts';
import type { Reason, RiskLevel } from '../domain/weigh.ts';

/** A JSON column: read parsed, written as text (a JavaScript array would become an array of Postgres). */
type Json<T> = ColumnType<T, string, string>;

/** What was made of visits; migrations/assessments.ts says what the columns mean. */
export interface AssessmentTables {
  assessments: AssessmentsTable;
  erased_sessions: { session_id: string; erased_at: Generated<Date> };
}

interface AssessmentsTable {
  id: string;
  application_id: string;
  session_id: string;
  attempt_id: string | null;
  phase: 'CREATION' | 'OPENING' | 'CAPTURE';
  subject_hash: Buffer | null;
  address_hash: Buffer | null;
  device_hash: Buffer | null;
  facts: Json<Record<string, FactValue | null>> | null;
  rules: Json<WrittenRule[]>;
  score: number;
  level: RiskLevel;
  reasons: Json<Reason[]>;
  counts: Json<{ value: number; absent: number; unavailable: number }>;
  step_up: Json<MatchedRule> | null;
  failures: string[];
  blocked_by: string[];
  catalogue_version: string;
  assessed_at: Date;
  raw_until: Date;
}
