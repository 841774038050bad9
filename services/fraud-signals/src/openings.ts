import { type FactName, type FactValue, isFactName } from './domain/facts.ts';
import type { Marks } from './marks.ts';
import { nothingOf, type SeenFacts } from './observed.ts';
import type { OpeningRow, PastAnswer } from './outbound/past-answer.ts';
import { hexOf } from './past-rows.ts';
import type { Visit } from './visit.ts';

const opening = 'opening.';

/** Earlier openings of a session's page. */
export type Openings = Pick<PastAnswer, 'openings' | 'openingFacts'>;

/**
 * What earlier openings of the session's page say of this visit: how many there were and, at a look, what the page told then
 * and how client and network looked.
 *
 * @returns failed when a look comes without an opening on record: nobody knows what page it comes from
 */
export function openingFacts(
  visit: Visit,
  marks: Marks,
  { openings, openingFacts: told }: Openings,
): { facts: SeenFacts; failed: boolean } {
  if (visit.phase === 'CREATION') return { facts: nothingOf([opening, 'session.opening']), failed: false };
  const before = openings ?? [];
  const now = { address: hexOf(marks.address_hash), device: hexOf(marks.device_hash) };
  if (visit.phase === 'OPENING') {
    return { facts: new Map([...countsOf([now, ...before]), ...nothingOf([opening])]), failed: false };
  }
  const [latest] = before;
  if (latest === undefined || told === null) return { facts: new Map(), failed: true };
  const facts = new Map<FactName, FactValue | null>([
    ...countsOf(before),
    ['opening.since_ms', visit.now.getTime() - Date.parse(latest.assessedAt)],
    ['opening.is_same_address', isSame(latest.address, now.address)],
    ['opening.is_same_device', isSame(latest.device, now.device)],
  ]);
  // What the page told counts still; what was seen of client and network is compared with what is seen now.
  for (const [name, value] of Object.entries(told)) {
    const kept = name.startsWith('page.') ? name : `${opening}${name}`;
    if (isFactName(kept)) facts.set(kept, value);
  }
  return { facts, failed: false };
}

/**
 * Whether the page itself told anything, and not only its connection; null before there is a page.
 * @param facts of this visit, with what was carried over
 * @returns nothing where nobody looked at the connection, or knows what the page told when it was opened
 */
export function pageFacts({ phase }: Visit, facts: SeenFacts): SeenFacts {
  const tells = (area: string) => [...facts].some(([name, value]) => name.startsWith(area) && value !== null);
  const isSpoken = tells('page.');
  const isSeen = tells('http.') && (phase === 'OPENING' || facts.has('opening.since_ms'));
  if (phase === 'CREATION') return new Map([['session.page_spoke', null]]);
  return new Map(isSpoken || isSeen ? [['session.page_spoke', isSpoken]] : []);
}

function countsOf(openings: readonly Pick<OpeningRow, 'address' | 'device'>[]): SeenFacts {
  const distinct = (hashes: readonly (string | null)[]) =>
    new Set(hashes.filter((hash) => hash !== null)).size;
  return new Map<FactName, FactValue>([
    ['session.openings', openings.length],
    ['session.opening_addresses', distinct(openings.map(({ address }) => address))],
    ['session.opening_devices', distinct(openings.map(({ device }) => device))],
  ]);
}

function isSame(before: string | null, now: string | null): boolean | null {
  return before === null || now === null ? null : before === now;
}
