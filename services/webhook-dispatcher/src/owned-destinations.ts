import type { Context } from './context.ts';
import type { Destination, DestinationSummary } from './domain/delivery.ts';
import { describeFailure } from './domain/failure.ts';
import { type Health, soundHealth } from './domain/health.ts';
import { findDestination, listDestinations } from './outbound/destination-store.ts';
import { type RecentFigures, readRecentFigures, summarise } from './outbound/figures-store.ts';
import { listHealth } from './outbound/health-store.ts';
import { countHistory, type HistoryEntry, listHistory } from './outbound/history-store.ts';

/** A destination as its owner sees it. */
export interface OwnedDestination {
  readonly destination: Destination;
  /** Over all attempts it has ever had. */
  readonly summary: DestinationSummary;
  readonly health: Health;
  readonly figures: DestinationFigures;
}

/** How a destination has been doing lately. */
export interface DestinationFigures {
  /** Of the newest attempts; null before the first one. */
  readonly successRatePercentage: number | null;
  readonly p50ResponseTimeMs: number | null;
  readonly p95ResponseTimeMs: number | null;
  /** In words. */
  readonly lastError: string | null;
  readonly lastErrorAt: Date | null;
}

/** All destinations of an application, oldest first. */
export async function listOwned(context: Context, applicationId: string): Promise<OwnedDestination[]> {
  return await withFigures(context, await listDestinations(context.database.db, applicationId));
}

/** One destination with its figures, or undefined when this application has none of that id. */
export async function findOwned(
  context: Context,
  applicationId: string,
  id: string,
): Promise<OwnedDestination | undefined> {
  const destination = await findDestination(context.database.db, applicationId, id);
  if (destination === undefined) return undefined;
  const [owned] = await withFigures(context, [destination]);
  return owned;
}

/** What happened to a destination, newest first, and how much that is (counted to 100); undefined when it is not theirs. */
export async function readHistory(
  { database }: Context,
  applicationId: string,
  id: string,
  page: { limit: number; offset: number },
): Promise<{ count: number; entries: readonly HistoryEntry[]; hasMore: boolean } | undefined> {
  if (!(await findDestination(database.db, applicationId, id))) return undefined;
  const count = await countHistory(database.db, id, 100);
  const entries = await listHistory(database.db, id, { ...page, limit: page.limit + 1 });
  return { count, entries: entries.slice(0, page.limit), hasMore: entries.length > page.limit };
}

const noAttempts: DestinationSummary = {
  total: 0,
  failed: 0,
  minResponseTimeMs: null,
  averageResponseTimeMs: null,
  maxResponseTimeMs: null,
  lastAt: null,
};

async function withFigures(context: Context, destinations: Destination[]): Promise<OwnedDestination[]> {
  const { db } = context.database;
  const ids = destinations.map(({ id }) => id);
  const [summaries, recent, healths] = await Promise.all([
    summarise(db, ids),
    readRecentFigures(db, ids),
    listHealth(db, ids),
  ]);
  return destinations.map((destination) => ({
    destination,
    summary: summaries.get(destination.id) ?? noAttempts,
    health: healths.get(destination.id) ?? soundHealth,
    figures: inWords(context, recent.get(destination.id)),
  }));
}

function inWords({ config }: Context, recent: RecentFigures | undefined): DestinationFigures {
  const { attempts = 0, succeeded = 0, lastFailure = null } = recent ?? {};
  return {
    // One decimal, rounded down: 100 means that nothing failed.
    successRatePercentage: attempts === 0 ? null : Math.floor((succeeded / attempts) * 1_000) / 10,
    p50ResponseTimeMs: recent?.p50ResponseTimeMs ?? null,
    p95ResponseTimeMs: recent?.p95ResponseTimeMs ?? null,
    lastError: lastFailure && describeFailure(lastFailure, config.timeoutMs),
    lastErrorAt: lastFailure?.at ?? null,
  };
}
