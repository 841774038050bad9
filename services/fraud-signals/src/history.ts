import type { DeviceView, VisitMatch } from '@selfsame/contracts/fraud_signals/v1/assessment';
import type { Context } from './context.ts';
import {
  type Candidate,
  isNearDuplicate,
  type Likeable,
  type Recognised,
  recogniseDevice,
} from './domain/device-likeness.ts';
import { type FactName, type FactValue, isFactName } from './domain/facts.ts';
import { deviceFacts, type Likeness } from './domain/past/device.ts';
import { networkFacts, surroundingFacts } from './domain/past/network.ts';
import type { PastFacts } from './domain/past/past.ts';
import { subjectFacts } from './domain/past/subject.ts';
import { type Identity, identify, readTraits, spellName } from './identity.ts';
import type { Openings } from './openings.ts';
import type { MatchRow, OwnRow, PastAnswer } from './outbound/past-answer.ts';
import { readPast } from './outbound/past-store.ts';
import { bytesOf, hexOf, pastOf, presentOf } from './past-rows.ts';
import type { Visit } from './visit.ts';
import { matchesOf } from './visit-matches.ts';

/** What is known from before. */
export interface LookedBack {
  readonly identity: Identity;
  /** history.* */
  readonly facts: ReadonlyMap<FactName, FactValue | null>;
  readonly device: DeviceView;
  readonly matches: VisitMatch[];
  readonly openings: Openings;
}

const dayMs = 86_400_000;

/** Looks for what is known of subject, device and network, in one round trip. */
export async function lookBack(
  context: Context,
  visit: Visit,
  identity: Identity = identify(context, visit),
): Promise<LookedBack> {
  const { applicationId, sessionId, attemptId, phase, now } = visit;
  const knownSince = new Date(now.getTime() - context.config.knownDays * dayMs);
  const isLook = phase === 'CAPTURE';
  const query = { ...identity, applicationId, sessionId, attemptId, isLook, now, knownSince };
  return tellOf(visit, identity, await readPast(context.database.db, query));
}

function tellOf(visit: Visit, identity: Identity, answer: PastAnswer): LookedBack {
  const { own } = answer;
  const now = presentOf(visit, identity, own);
  const past = pastOf(answer);
  const candidates = devicesOf(answer.candidates ?? [], identity);
  const likeness = likenessOf(identity, own, candidates);
  const facts = {
    ...subjectFacts(now, past),
    ...deviceFacts(now, past, likeness),
    ...networkFacts(now, past),
  };
  const recovered = likeness.recognised;
  const row = candidates.find(({ device }) => device === recovered?.device)?.rows[0];
  return {
    identity,
    facts: named({ ...facts, ...surroundingFacts(now, past) }),
    device: {
      ...deviceView(visit, identity, own),
      isKnown: answer.deviceApprovedAt !== null,
      isNetworkKnown: answer.networkApprovedAt !== null,
      recovered: recovered === null ? undefined : recoveredView(recovered, row),
    },
    matches: matchesOf({
      subject: hexOf(identity.subject),
      network: answer.networkMatches ?? [],
      device: answer.deviceMatches ?? [],
      fingerprint: answer.fingerprintDevices > looksAlikeMax ? [] : (answer.fingerprintMatches ?? []),
      recovered: recovered && { ...recovered, rows: rowsOf(candidates, recovered.device) },
    }),
    openings: answer,
  };
}

function recoveredView(
  { similarity, band, gateReason, isTlsCorroborated }: Recognised,
  row: MatchRow | undefined,
): DeviceView['recovered'] {
  const deviceId = spellName(bytesOf(row?.deviceName ?? null));
  return { deviceId, similarity, band, gateReason, isTlsCorroborated };
}

/** A look that so many other devices have, as phones of one model do, names none of them. */
const looksAlikeMax = 4;

/** A device that this one may have been, with the sessions it was seen in. */
type SeenCandidate = Candidate & { readonly rows: readonly MatchRow[] };

function devicesOf(rows: readonly MatchRow[], { subject }: Identity): SeenCandidate[] {
  const own = hexOf(subject);
  const byDevice = Map.groupBy(rows, ({ device }) => device ?? '');
  return [...byDevice].flatMap(([device, seen]) => {
    const newest = seen.toSorted((a, b) => Date.parse(b.cameAt) - Date.parse(a.cameAt));
    const [latest] = newest;
    if (latest === undefined) return [];
    return {
      device,
      isSameSubject: own !== null && seen.some((row) => row.subject === own),
      traits: readTraits(bytesOf(latest.traits)) ?? [],
      hardwareRoot: latest.hardware,
      osFamily: latest.osFamily,
      ja4: latest.ja4,
      rows: newest,
    };
  });
}

const rowsOf = (candidates: readonly SeenCandidate[], device: string) =>
  candidates.find((candidate) => candidate.device === device)?.rows ?? [];

function likenessOf(identity: Identity, own: OwnRow | null, candidates: readonly Candidate[]): Likeness {
  const traits = readTraits(identity.traits ?? bytesOf(own?.traits ?? null));
  if (traits === null) return { recognised: null, isNearDuplicate: null };
  const now: Likeable = {
    traits,
    hardwareRoot: hexOf(identity.hardware) ?? own?.hardware ?? null,
    osFamily: identity.software?.osFamily ?? own?.osFamily ?? '',
    ja4: hexOf(identity.ja4) ?? own?.ja4 ?? null,
  };
  return { recognised: recogniseDevice(now, candidates), isNearDuplicate: isNearDuplicate(now, candidates) };
}

/** What the visit itself tells of its device, with what the session told before. Nothing of it is known yet. */
export function deviceView(visit: Visit, identity: Identity, own: OwnRow | null = null): DeviceView {
  const isCreation = visit.phase === 'CREATION';
  const name = isCreation
    ? visit.vouchedDeviceId && identity.knownName
    : (identity.deviceName ?? bytesOf(own?.deviceName ?? null));
  const {
    brand = '',
    model = '',
    browserFamily = '',
    osFamily = '',
    platform = '',
  } = identity.software ?? own ?? {};
  return {
    fingerprint: spellName(name || null),
    ...{ brand, model, browserFamily, osFamily, platform },
    isKnown: false,
    isNetworkKnown: false,
    isProved: !isCreation && identity.isProved,
    recovered: undefined,
  };
}

function named(facts: PastFacts): Map<FactName, FactValue | null> {
  const entries = Object.entries(facts).map(([name, value]) => {
    const full = `history.${name}`;
    if (!isFactName(full)) throw new Error(`no fact is called ${full}`);
    return [full, value] as const;
  });
  return new Map(entries);
}
