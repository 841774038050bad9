import type { Kysely } from 'kysely';
import type { ConsentTables } from './consent-tables.ts';
import type { RecordTables } from './record-tables.ts';
import type { ShareTables } from './share-tables.ts';

/** The tables of this service as queries see them; migrations/ says what they mean. */
export type Tables = ConsentTables & ShareTables & RecordTables;

/** A query runs on the pool or in a transaction. */
export type Queries = Kysely<Tables>;
