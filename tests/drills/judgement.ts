import { waitFor } from '@selfsame/testing/wait';
import { check, type Verdict } from '../chaos/checker.ts';
import type { Receiver } from '../chaos/receivers.ts';
import type { RegisteredTenant } from '../chaos/tenants.ts';
import { countDeadLetters, readEvents, readStatuses } from '../chaos/truth.ts';
import type { RunningSystem } from '../harness/running-system.ts';
import type { Ask } from './asks.ts';
import type { Journey } from './journey.ts';

/** What users and receivers saw of a drill. */
export interface Outcome {
  readonly name: string;
  readonly what: string;
  readonly journeys: number;
  readonly requests: number;
  readonly ok: number;
  /** By what and status: `create 503`. */
  readonly refused: ReadonlyMap<string, number>;
  /** Each a sentence. */
  readonly wrong: readonly string[];
  readonly slowest: Ask | undefined;
  /** From the fault's end until users met no trouble any more. */
  readonly healedAfterMs: number;
  /** What had to be done by hand. */
  readonly byHand: string;
  readonly webhooks: number;
  /** Of sessions, verdicts and webhooks; each a sentence. */
  readonly lost: readonly string[];
}

const deliveryTimeoutMs = 120_000;

/** True when every promise was kept. */
export function isGood({ wrong, lost }: Outcome): boolean {
  return wrong.length === 0 && lost.length === 0;
}

/** What was said to users, sorted. Pure. */
export function sortAsks(journeys: readonly Journey[], glances: readonly Ask[]) {
  const asks = [...journeys.flatMap((journey) => journey.asks), ...glances];
  const refused = new Map<string, number>();
  for (const { words } of asks.filter(({ outcome }) => outcome === 'refused'))
    refused.set(words, (refused.get(words) ?? 0) + 1);
  const approvedStrangers = journeys
    .filter(({ isStranger, told }) => isStranger && told.includes('Approved'))
    .map(({ sessionId }) => `session ${sessionId}: another face was Approved`);
  const declinedOwners = journeys
    .filter(({ isStranger, told }) => !isStranger && told.includes('Declined'))
    .map(({ sessionId }) => `session ${sessionId}: the face of the portrait was Declined`);
  return {
    journeys: journeys.length,
    requests: asks.length,
    ok: asks.filter(({ outcome }) => outcome === 'ok').length,
    refused,
    wrong: [
      ...asks.filter(({ outcome }) => outcome === 'wrong').map(({ words }) => words),
      ...approvedStrangers,
      ...declinedOwners,
    ],
    slowest: asks.toSorted((a, b) => b.tookMs - a.tookMs)[0],
  };
}

/**
 * Waits until every webhook of these journeys has come, or for so long that it never will, and compares what the database,
 * the API, the users and the receivers say of them.
 */
export async function findLosses(
  {
    system,
    tenant,
    receivers,
  }: { system: RunningSystem; tenant: RegisteredTenant; receivers: readonly Receiver[] },
  journeys: readonly Journey[],
): Promise<{ lost: string[]; webhooks: number }> {
  const ours = new Set(journeys.map(({ sessionId }) => sessionId));
  const events = (await readEvents(system)).filter(({ sessionId }) => ours.has(sessionId));
  const due = events.map(({ eventId }) => eventId);
  await Promise.all(
    receivers.map((receiver) => {
      const hasAll = () => {
        const taken = new Set(receiver.arrivals.filter((one) => one.isTaken).map((one) => one.eventId));
        return due.every((id) => taken.has(id));
      };
      return waitFor(`what is due to ${receiver.temper.name}`, hasAll, {
        timeoutMs: deliveryTimeoutMs,
        intervalMs: 50,
      }).catch(() => undefined);
    }),
  );
  const statuses = await readStatuses(tenant.clients);
  const acknowledged = journeys.flatMap(({ sessionId, told }) =>
    sessionId === undefined ? [] : told.map((status) => ({ sessionId, status })),
  );
  const arrivals = receivers
    .flatMap((receiver) => receiver.arrivals)
    .filter((one) => ours.has(one.sessionId));
  const destinations = receivers.map(({ temper }) => ({
    name: temper.name,
    applicationId: tenant.applicationId,
    isOrdered: temper.isOrdered,
  }));
  const verdict = check({ events, destinations, sessionStatuses: statuses, acknowledged }, arrivals);
  const dead = await countDeadLetters(system);
  return {
    lost: [
      ...journeys.flatMap(({ sessionId, gaveUpAt }) =>
        gaveUpAt === undefined ? [] : [`session ${sessionId}: its user gave up at ${gaveUpAt}`],
      ),
      ...findings(verdict),
      ...(dead > 0 ? [`${dead} dead letters`] : []),
    ],
    webhooks: arrivals.length,
  };
}

function findings({ lost, reordered, contradictory, forgotten }: Verdict): string[] {
  return [...lost, ...reordered, ...contradictory, ...forgotten];
}
