import type { Principal } from '@selfsame/http/authentication';
import type { Context } from './context.ts';
import type { FieldErrors } from './domain/fields.ts';
import { isDate } from './domain/person-details.ts';
import type { Session } from './domain/session.ts';
import type { Query } from './domain/session-filter.ts';
import type { Prices } from './domain/usage.ts';
import { dollars, usageItemOf, usageItems } from './domain/usage.ts';
import type { Use } from './outbound/usage-store.ts';
import { sumUsage } from './outbound/usage-store.ts';
import type { Refused } from './refusal.ts';
import { refusedFields } from './refusal.ts';

/** What a session in its present status costs; null: nothing. */
export function useOf(prices: Prices, session: Session, now: Date): Use | null {
  const item = usageItemOf(session);
  if (item === null) return null;
  return {
    sessionId: session.id,
    applicationId: session.application.id,
    item,
    priceMicros: prices[item],
    at: now,
  };
}

/** What an application has used in a time; amounts are US dollars as text. */
export interface UsageSums {
  /** YYYY-MM-DD */
  readonly from: string;
  /** YYYY-MM-DD, that day included. */
  readonly to: string;
  readonly items: { readonly item: string; readonly count: number; readonly total_usd: string }[];
  readonly total_usd: string;
}

const dayMs = 86_400_000;

/** `GET /v3/usage/`: sums by item, of the current month unless the query says otherwise. Days are those of UTC. */
export async function readUsage(
  context: Context,
  principal: Principal,
  query: Query,
): Promise<{ usage: UsageSums } | Refused> {
  const now = new Date();
  const monthBegins = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1));
  const errors: FieldErrors = {};
  const day = (name: string, otherwise: Date): Date => {
    const text = [query[name]].flat().at(-1) || dayOf(otherwise);
    if (!isDate(text))
      errors[name] = ['Date has wrong format. Use one of these formats instead: YYYY-MM-DD.'];
    return new Date(`${text}T00:00:00Z`);
  };
  const [from, to] = [day('from', monthBegins), day('to', now)];
  if (Object.keys(errors).length > 0) return refusedFields(errors);
  const before = new Date(to.getTime() + dayMs);
  const sums = await sumUsage(context.database.db, principal.applicationId, from, before);
  const items = usageItems.map((item) => {
    const { count = 0, micros = 0 } = sums.find((sum) => sum.item === item) ?? {};
    return { item, count, total_usd: dollars(micros) };
  });
  const total = sums.reduce((sum, { micros }) => sum + micros, 0);
  return { usage: { from: dayOf(from), to: dayOf(to), items, total_usd: dollars(total) } };
}

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}
