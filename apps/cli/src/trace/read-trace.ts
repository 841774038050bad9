import { readStory as biometricsStory } from '@selfsame/biometrics/story';
import { recordCommand } from '@selfsame/bus/commands';
import {
  lookEvent,
  readHandling,
  readKnownConsumers,
  type StoryEntry,
  type StoryOf,
} from '@selfsame/bus/story';
import { type AnyTables, type Database, openDatabase } from '@selfsame/database/database';
import { readStory as signalsStory } from '@selfsame/fraud-signals/story';
import { Failure } from '@selfsame/runtime/errors';
import { readStory as sessionStory } from '@selfsame/session/story';
import { readStory as shareStory } from '@selfsame/share/story';
import { readStory as webhookStory } from '@selfsame/webhook-dispatcher/story';
import type { Kysely } from 'kysely';
import { composeTrace, type Known, services, type ToldService, type Trace } from './trace.ts';

type Db = Kysely<AnyTables>;

/** Each reads its own tables, and no other's. */
const readers: Readonly<
  Record<Exclude<ToldService, 'session'>, (db: Db, of: StoryOf) => Promise<StoryEntry[]>>
> = {
  biometrics: biometricsStory,
  'fraud-signals': signalsStory,
  share: shareStory,
  'webhook-dispatcher': webhookStory,
};

/**
 * Reads the story of one session from every service's tables. It is recorded in the audit log of the application before
 * anything is told.
 *
 * @param url a login with the roles of the services; where it lacks one, that part is named as unread
 * @returns null when there never was such a session
 * @throws Failure `database_unreachable`, `database_refused`, `schema_behind` of session's own part
 */
export async function readTrace(url: string, sessionId: string, line: string): Promise<Trace | null> {
  const opened = await Promise.all(services.map((service) => open(service, url)));
  const databases = new Map(
    opened.flatMap((one) => ('database' in one ? [[one.service, one.database]] : [])),
  );
  try {
    const failure = opened.find((one) => one.service === 'session' && 'error' in one);
    if (failure !== undefined && 'error' in failure) throw failure.error;
    const session = databases.get('session');
    if (session === undefined) throw new Error('session has no database');
    return await compose(session, databases, opened, sessionId, line);
  } finally {
    await Promise.all([...databases.values()].map((database) => database.close()));
  }
}

type Opened =
  | { readonly service: ToldService; readonly database: Database }
  | { readonly service: ToldService; readonly error: unknown };

async function open(service: ToldService, url: string): Promise<Opened> {
  try {
    // What the schema lacks shows where it is read: an older one is told as far as it goes.
    const database = await openDatabase({ service, url, migrations: [], maxConnections: 4 });
    return { service, database };
  } catch (error) {
    return { service, error };
  }
}

async function compose(
  session: Database,
  databases: ReadonlyMap<ToldService, Database>,
  opened: readonly Opened[],
  sessionId: string,
  line: string,
): Promise<Trace | null> {
  const own = await sessionStory(session.db, sessionId);
  if (own === null) return null;
  const { applicationId, slug } = own;
  await recordCommand(session, { applicationId, service: 'session', line });

  const approvals = own.entries.flatMap(({ kind, at, facts }) =>
    kind === 'status' && facts.status === 'Approved' ? [at] : [],
  );
  const of: StoryOf = { sessionId, applicationId, approvals };
  const unread: { service: string; reason: string }[] = opened.flatMap((one) =>
    'error' in one ? [{ service: one.service, reason: reasonOf(one.error) }] : [],
  );
  const others = await Promise.all(
    [...databases].map(async ([service, { db }]) => {
      if (service === 'session') return own.entries;
      try {
        return await readers[service](db, of);
      } catch (error) {
        unread.push({ service, reason: reasonOf(error) });
        return [];
      }
    }),
  );
  const entries = others.flat();
  const eventIds = entries.flatMap(({ event, kind, facts }) => [
    ...(event === undefined ? [] : [event.id]),
    ...((kind === 'attempt' || kind === 'verdict') && typeof facts.attempt_id === 'string'
      ? [lookEvent(sessionId, facts.attempt_id).id]
      : []),
  ]);
  const known = await readKnown(databases, [...new Set(eventIds)]);
  return composeTrace({ sessionId, applicationId, slug, entries, known, unread, now: new Date() });
}

async function readKnown(
  databases: ReadonlyMap<ToldService, Database>,
  eventIds: readonly string[],
): Promise<Known> {
  const parts = await Promise.all(
    [...databases].map(async ([service, { db }]) => {
      try {
        const [handling, consumers] = await Promise.all([
          readHandling(db, service, eventIds),
          readKnownConsumers(db),
        ]);
        return { ...handling, consumers };
      } catch {
        return { handled: [], buried: [], consumers: [] };
      }
    }),
  );
  // Of a service that could not be read nobody knows what it has handled.
  const readable = new Set<string>(databases.keys());
  const consumers = new Set(parts.flatMap((part) => part.consumers));
  return {
    handled: parts.flatMap((part) => part.handled),
    buried: parts.flatMap((part) => part.buried),
    consumers: [...consumers].filter((name) =>
      [...readable].some((service) => name.startsWith(`${service}-`)),
    ),
  };
}

/** For people; what PostgreSQL says of a missing column or right is theirs to read. */
function reasonOf(error: unknown): string {
  if (error instanceof Failure) return error.message;
  return error instanceof Error ? error.message : 'it could not be read';
}
