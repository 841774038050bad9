import type { Kysely } from 'kysely';
import type { AssessmentTables } from './assessment-tables.ts';
import type { HistoryTables } from './history-tables.ts';
import type { ListTables } from './list-tables.ts';

/** The tables of this service as queries see them; migrations/ says what they mean. */
export type Tables = AssessmentTables & HistoryTables & ListTables;

/** A query runs on the pool or in a transaction. */
export type Queries = Kysely<Tables>;
