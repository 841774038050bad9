import { type RawBuilder, sql } from 'kysely';
import pg from 'pg';

const mark = /^\s*\/\* prepared ([a-z_]{1,50}) \*\//;

/**
 * Goes before a statement of sql`…` whose text never changes: PostgreSQL plans it once per connection instead of at every
 * call, which takes longer than many a large statement itself. Only where that was measured to matter: such a plan does not
 * know the values.
 *
 * @param name of the statement, in snake case; one name is one text
 */
export function prepared(name: string): RawBuilder<unknown> {
  const comment = `/* prepared ${name} */`;
  if (!mark.test(comment)) throw new Error(`no name for a prepared statement: ${name}`);
  return sql.raw(comment);
}

/** Keeps statements that begin with prepared() prepared on its connection. */
export class PreparingClient extends pg.Client {
  override query(...given: unknown[]): never {
    const [statement, ...rest] = given;
    const name = typeof statement === 'string' ? mark.exec(statement)?.[1] : undefined;
    const query = super.query as (...args: unknown[]) => unknown;
    return query.call(this, name === undefined ? statement : { name, text: statement }, ...rest) as never;
  }
}
