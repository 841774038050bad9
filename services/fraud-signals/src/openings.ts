import type { Context } from './context.ts';
import { type FactName, type FactValue, isFactName } from './domain/facts.ts';
import type { Marks } from './marks.ts';
import { nothingOf, type SeenFacts } from './observed.ts';
import { findOpenings, type Opening } from './outbound/assessment-store.ts';
import type { Visit } from './visit.ts';

const opening = 'opening.';

/**
 * What earlier openings of the session's page say of this visit: how many there were and, at a look, what the page told then
 * and how client and network looked.
 *
 * @returns failed when a look comes without an opening on record: nobody knows what page it comes from
 */
export async function lookAtOpenings(
  { database }: Context,
  visit: Visit,
  marks: Marks,
): Promise<{ facts: SeenFacts; failed: boolean }> {
  if (visit.phase === 'CREATION') return { facts: nothingOf([opening, 'session.opening']), failed: false };
  const isLook = visit.phase === 'CAPTURE';
  const openings = await findOpenings(database.db, visit, { withFacts: isLook });
  const [latest] = openings;
  if (isLook && !latest?.facts) return { facts: new Map(), failed: true };
  return {
    facts: new Map([
      ...countsOf(isLook ? openings : [marks, ...openings]),
      ...(isLook && latest !== undefined ? carriedOver(latest, visit, marks) : nothingOf([opening])),
    ]),
    failed: false,
  };
}

function countsOf(openings: readonly Pick<Opening, 'address_hash' | 'device_hash'>[]): SeenFacts {
  const distinct = (hashes: readonly (Buffer | null)[]) =>
    new Set(hashes.flatMap((hash) => hash?.toString('hex') ?? [])).size;
  return new Map<FactName, FactValue>([
    ['session.openings', openings.length],
    ['session.opening_addresses', distinct(openings.map((each) => each.address_hash))],
    ['session.opening_devices', distinct(openings.map((each) => each.device_hash))],
  ]);
}

/** What the page told counts still; what was seen of client and network is compared with what is seen now. */
function carriedOver(latest: Opening, visit: Visit, marks: Marks): Map<FactName, FactValue | null> {
  const facts = new Map<FactName, FactValue | null>([
    ['opening.since_ms', visit.now.getTime() - latest.assessed_at.getTime()],
    ['opening.is_same_address', isSame(latest.address_hash, marks.address_hash)],
    ['opening.is_same_device', isSame(latest.device_hash, marks.device_hash)],
  ]);
  for (const [name, value] of Object.entries(latest.facts ?? {})) {
    const kept = name.startsWith('page.') ? name : `${opening}${name}`;
    if (isFactName(kept)) facts.set(kept, value);
  }
  return facts;
}

function isSame(before: Buffer | null, now: Buffer | null): boolean | null {
  return before === null || now === null ? null : before.equals(now);
}
