import { Failure } from '@selfsame/runtime/errors';

/** Without its database a service cannot judge a request: whatever goes wrong with the query becomes a 503. */
export async function orUnavailable<T>(query: Promise<T>): Promise<T> {
  try {
    return await query;
  } catch (cause) {
    throw new Failure('unavailable', 'database_unavailable', 'The database does not answer.', { cause });
  }
}
