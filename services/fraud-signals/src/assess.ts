import { randomUUID } from 'node:crypto';
import type { DeviceView, VisitMatch } from '@selfsame/contracts/fraud_signals/v1/assessment';
import { errorCode, Failure } from '@selfsame/runtime/errors';
import { noteAssessment } from './assessment-metrics.ts';
import type { Context } from './context.ts';
import { catalogueVersion } from './domain/catalogue.ts';
import type { FactName, FactValue } from './domain/facts.ts';
import { lookFactsOf, type SeenFace } from './domain/look-facts.ts';
import { countriesOfPhone } from './domain/phone-countries.ts';
import { type MatchedRule, matchRule } from './domain/rule-matching.ts';
import { readRules, type WrittenRule } from './domain/rules.ts';
import { type Weighed, weigh } from './domain/weigh.ts';
import { deviceView, lookBack } from './history.ts';
import { type Identity, identify, spellName } from './identity.ts';
import { findListHits, type ListFindings } from './lists/hits.ts';
import { type Marks, marksOf, placeOf } from './marks.ts';
import type { SeenFacts } from './observed.ts';
import { openingFacts, pageFacts } from './openings.ts';
import type { AssessmentRecord } from './outbound/assessment-store.ts';
import type { Sight } from './outbound/network/sight.ts';
import type { Visit } from './visit.ts';
import { recordVisit } from './visit-record.ts';

/** One moment of a session, as others tell of it. */
export interface AssessedMoment extends Omit<Visit, 'now' | 'facts'> {
  /** The address that the application expects; empty: none. */
  readonly expectedIpAddress: string;
  readonly told: SeenFacts;
  /** What the look found, at CAPTURE. */
  readonly look: SeenFace | null;
  /** Step-up rules, the first match wins. */
  readonly rules: readonly WrittenRule[];
}

/** Parts that can fail without an assessment failing. */
export type Part = 'network' | 'history' | 'lists';

/** What follows from a moment. */
export interface Assessed {
  readonly id: string;
  readonly weighed: Weighed;
  readonly catalogueVersion: string;
  readonly stepUp: MatchedRule | null;
  /** null: the part failed. */
  readonly network: Sight['view'] | null;
  /** Known to nobody when the past could not be asked. */
  readonly device: DeviceView;
  readonly matches: readonly VisitMatch[];
  readonly hits: ListFindings['hits'];
  /** Whether there may be a blocklist that the visit is on. */
  readonly hasBlocklists: boolean;
  readonly failures: readonly Part[];
  readonly at: Date;
}

/** Of the time that the caller waits, for looking; what is left is for taking it on to write, but for the way back. */
const lookingShare = 0.6;
const wayBackMs = 20;
const usualTimeMs = 1_000;
const dayMs = 86_400_000;

/**
 * Weighs one moment of a session; what came of it is written down after the answer. A part that fails or takes too long leaves
 * its facts out and is named; the answer comes all the same, and nobody is approved by it.
 *
 * @param timeMs how long the caller waits
 * @throws Failure `rules_invalid` for rules that cannot be matched
 */
export async function assess(
  context: Context,
  moment: AssessedMoment,
  timeMs: number = usualTimeMs,
): Promise<Assessed> {
  const read = readRules(moment.rules);
  if ('mistakes' in read) throw new Failure('invalid', 'rules_invalid', read.mistakes.join(' '));
  const { records } = context;
  const startedAt = performance.now();
  const failures = new Set<Part>();
  const attempt = attempts(context, failures);
  const now = new Date();

  const network = await attempt('network', timeMs, async () => seeNetwork(context, moment));
  if (network?.failed) failures.add('network');
  const visit = visitOf(moment, now, network?.facts);
  const identity = identify(context, visit);
  const marks = marksOf(context, visit);

  const lookingMs = timeMs * lookingShare;
  const look = <T>(part: Part, run: () => Promise<T>) =>
    attempt(part, lookingMs, async () => {
      await records.written(visit.sessionId);
      return run();
    });
  const [past, lists] = await Promise.all([
    look('history', () => lookBack(context, visit, identity)),
    look('lists', () => findListHits(context, visit, namesOf(identity))),
  ]);
  const openings = past && openingFacts(visit, marks, past.openings);
  if (openings?.failed) failures.add('history');
  if (lists?.failed) failures.add('lists');

  // What the page tells now counts before what it told at the opening.
  const facts = new Map(
    [openings?.facts, visit.facts, past?.facts, lists?.facts].flatMap((part) => [...(part ?? [])]),
  );
  for (const [name, value] of pageFacts(visit, facts)) facts.set(name, value);
  const weighed = weigh(facts);
  const found = {
    id: randomUUID(),
    weighed,
    stepUp: matchRule(read.rules, weighed),
    catalogueVersion,
    at: now,
  };

  const blockedBy = lists?.blockedBy ?? [];
  // What cannot be written down teaches nothing, and is compared with nothing.
  if (!records.isKeeping()) failures.add('history');
  const made = { ...found, visit, marks, facts, rules: moment.rules, failures, blockedBy };
  const record = recordOf(context, made);
  const write = () => recordVisit(context, visit, network?.view ?? null, identity, record);
  const writingMs = Math.max(wayBackMs, timeMs - (performance.now() - startedAt) - wayBackMs);
  await attempt('history', writingMs, () => records.add(visit.sessionId, write, writingMs));
  const assessed: Assessed = {
    ...found,
    network: network?.view ?? null,
    device: past?.device ?? deviceView(visit, identity),
    matches: past?.matches ?? [],
    hits: lists?.hits ?? [],
    hasBlocklists: lists?.hasBlocklists ?? true,
    failures: [...failures],
  };
  noteAssessment(visit.phase, assessed, performance.now() - startedAt);
  return assessed;
}

function visitOf(moment: AssessedMoment, now: Date, network: Sight['facts'] = new Map()): Visit {
  const facts = new Map<FactName, FactValue | null>([
    ['clock.now_ms', now.getTime()],
    ...moment.told,
    ...network,
    ...expectationsOf(moment),
    ['session.phone_countries', countriesOfPhone(moment.phone)],
    ...lookOf(moment),
  ]);
  return { ...moment, now, facts };
}

/** Everything that the result came from, so that it can be computed again from this alone. */
function recordOf(
  { config }: Context,
  made: Pick<Assessed, 'id' | 'weighed' | 'stepUp' | 'catalogueVersion' | 'at'> & {
    visit: Visit;
    marks: Marks;
    facts: SeenFacts;
    rules: readonly WrittenRule[];
    failures: ReadonlySet<Part>;
    blockedBy: readonly string[];
  },
): AssessmentRecord {
  const { visit, weighed } = made;
  return {
    id: made.id,
    application_id: visit.applicationId,
    session_id: visit.sessionId,
    attempt_id: visit.attemptId || null,
    phase: visit.phase,
    ...made.marks,
    facts: Object.fromEntries(made.facts),
    rules: [...made.rules],
    score: weighed.score,
    level: weighed.level,
    reasons: [...weighed.reasons],
    counts: weighed.counts,
    step_up: made.stepUp,
    failures: [...made.failures],
    blocked_by: [...made.blockedBy],
    catalogue_version: made.catalogueVersion,
    assessed_at: made.at,
    raw_until: new Date(made.at.getTime() + config.rawDays * dayMs),
  };
}

/** Before there is a page, the address counts that the application names, if it does. */
function seeNetwork({ network }: Context, { phase, ipAddress, applicationIpAddress }: AssessedMoment): Sight {
  if (phase === 'CREATION') return network.look(ipAddress || applicationIpAddress);
  // A page has an address: who does not tell it has lost it.
  if (ipAddress === '') throw new Failure('precondition', 'address_missing', 'no address was told');
  return network.look(ipAddress);
}

/** What the visit's device is called, as lists have it. */
function namesOf({ deviceName, knownName }: Identity): string[] {
  return [...new Set([deviceName, knownName].flatMap((name) => (name === null ? [] : [spellName(name)])))];
}

/** Runs one part: undefined, and the part is named, when it throws or is late. */
function attempts({ log }: Context, failures: Set<Part>) {
  return async <T>(part: Part, limitMs: number, run: () => Promise<T>): Promise<T | undefined> => {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Failure('deadline', 'part_late', 'late')), limitMs);
    try {
      return await Promise.race([run(), late.promise]);
    } catch (error) {
      failures.add(part);
      // Its code alone: a database may repeat what it was asked.
      log.warn({ part, code: errorCode(error) }, 'a part of an assessment failed');
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  };
}

/** Before a look there is nothing that it could have found; a look that tells nothing leaves its facts out. */
function lookOf({ phase, look }: AssessedMoment): SeenFacts {
  return phase === 'CAPTURE' && look === null ? new Map() : lookFactsOf(look);
}

/** Whether the address is the one that the application named; IPv6 by networks of 64 bits, since phones change the rest. */
function expectationsOf(moment: AssessedMoment): [FactName, boolean | null][] {
  const here = placeOf(moment.ipAddress);
  const compared = [
    ['session.is_expected_address', moment.expectedIpAddress],
    ['session.is_application_address', moment.applicationIpAddress],
  ] as const;
  return compared.flatMap(([name, expected]): [FactName, boolean | null][] => {
    if (expected === '' || moment.phase === 'CREATION') return [[name, null]];
    return here === '' ? [] : [[name, placeOf(expected) === here]];
  });
}
