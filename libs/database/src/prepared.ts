import { CompiledQuery, type Kysely, type RawBuilder, sql } from 'kysely';
import pg from 'pg';
import type { AnyTables } from './database.ts';
import { orUnavailable } from './unavailable.ts';

const mark = /^\s*\/\* prepared ([a-z_]{1,50}) \*\//;

/** Asks a prepared statement, in a transaction or outside of one. */
export type Prepared<Values, Row> = (db: Kysely<AnyTables>, values: Values) => Promise<Row[]>;

/**
 * A statement whose text never changes: PostgreSQL plans it once per connection, and it is built here once, where at every call
 * both take longer than many a large statement itself. Only where that was measured to matter: such a plan does not know the
 * values. A value that is named often is sent once, so it has one type throughout.
 *
 * @param name of the statement, in snake case; one name is one text
 * @param write the statement, with a place for each value, by its name; other values have no place in it
 */
export function prepared<Values extends object, Row = unknown>(
  name: string,
  write: (value: (key: keyof Values) => RawBuilder<never>) => RawBuilder<unknown>,
): Prepared<Values, Row> {
  const comment = `/* prepared ${name} */`;
  if (!mark.test(comment)) throw new Error(`no name for a prepared statement: ${name}`);
  let built: { readonly text: string; readonly keys: readonly (keyof Values)[] } | undefined;
  return async (db, values) => {
    built ??= build<Values>(sql`${sql.raw(comment)} ${write((key) => sql`${new Place(key)}`)}`, db);
    const parameters = built.keys.map((key) => values[key]);
    return (await db.executeQuery<Row>(CompiledQuery.raw(built.text, parameters))).rows;
  };
}

/** Stands for a value until there is one. */
class Place {
  readonly key: unknown;
  constructor(key: unknown) {
    this.key = key;
  }
}

function build<Values>(statement: RawBuilder<unknown>, db: Kysely<AnyTables>) {
  const { sql: text, parameters } = statement.compile(db);
  const named = parameters.map((place) => {
    if (!(place instanceof Place)) throw new Error('a prepared statement has a value without a name');
    return place.key as keyof Values;
  });
  const keys = [...new Set(named)];
  const numberOf = (at: string) => keys.indexOf(named[Number(at) - 1] as keyof Values) + 1;
  return { text: text.replaceAll(/\$(\d+)/g, (_, at: string) => `$${numberOf(at)}`), keys };
}

/**
 * Keeps statements that were made by prepared() prepared on its connection. A statement that fails because the database is
 * away rejects with a Failure `database_unavailable`.
 */
export class PreparingClient extends pg.Client {
  override query(...given: unknown[]): never {
    const [statement, ...rest] = given;
    const name = typeof statement === 'string' ? mark.exec(statement)?.[1] : undefined;
    const query = super.query as (...args: unknown[]) => unknown;
    const asked = query.call(this, name === undefined ? statement : { name, text: statement }, ...rest);
    if (!(asked instanceof Promise)) return asked as never;
    return asked.catch((error) => {
      throw orUnavailable(error);
    }) as never;
  }
}
