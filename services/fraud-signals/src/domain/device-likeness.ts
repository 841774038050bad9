import { deviceTraits } from './device-traits.ts';

/** A device as it is compared: values only as hashes, which are equal or not. */
export interface Likeable {
  /** In the order of deviceTraits; null: not told. Shorter where the device was seen before there were more. */
  readonly traits: readonly (string | null)[];
  /** null: the machine does not show itself. */
  readonly hardwareRoot: string | null;
  /** Empty: not told. */
  readonly osFamily: string;
  readonly ja4: string | null;
}

/** A device that was seen before and might be this one. */
export interface Candidate extends Likeable {
  readonly device: string;
  readonly isSameSubject: boolean;
}

/** A device that is believed to be this one under another key. */
export interface Recognised {
  readonly device: string;
  readonly isSameSubject: boolean;
  /** 0..1, four decimals. */
  readonly similarity: number;
  readonly band: Band;
  readonly gateReason: string;
  readonly isTlsCorroborated: boolean;
}

export type Band = 'very_high' | 'high';

/** How two devices differ. */
export interface Comparison {
  /** Share of weight that is equal, of what both tell; 0..1, four decimals. null: they tell too little of the same. */
  readonly similarity: number | null;
  /** Names of the traits that both tell, and differently. */
  readonly differing: readonly string[];
}

/**
 * 0.94 leaves room for one setting, as another language (5 of 98). 0.86 leaves room for a browser that draws another way
 * since its update (10 of 98), not for one that also sounds another way. Below, devices of one model in one household could
 * not be told apart.
 */
const bands: readonly (readonly [Band, number])[] = [
  ['very_high', 0.94],
  ['high', 0.86],
];
/** What both have to tell, of all weight, before a likeness means something. */
const leastCompared = 0.6;

/** Compares trait by trait. */
export function compareDevices(one: Likeable['traits'], other: Likeable['traits']): Comparison {
  const differing: string[] = [];
  let compared = 0;
  let equal = 0;
  let total = 0;
  for (const [at, { name, weight }] of deviceTraits.entries()) {
    total += weight;
    const [value, otherValue] = [one[at] ?? null, other[at] ?? null];
    if (value === null || otherValue === null) continue;
    compared += weight;
    if (value === otherValue) equal += weight;
    else differing.push(name);
  }
  const similarity =
    compared < leastCompared * total ? null : Math.round((10_000 * equal) / compared) / 10_000;
  return { similarity, differing };
}

/**
 * The device that this one was before its storage was cleared, as far as likeness can tell. The gate is hard: the same
 * hardware, to be seen at all, and the same operating system; only then the rest is weighed. The subject's own devices come
 * first, and the one most alike. Of somebody else's, only one that stands alone and is very much alike: in an office with
 * thirty machines of one model a likeness names nobody.
 */
export function recogniseDevice(now: Likeable, candidates: readonly Candidate[]): Recognised | null {
  const alike = candidates
    .filter((candidate) => passesGate(now, candidate))
    .flatMap((candidate) => {
      const { similarity } = compareDevices(now.traits, candidate.traits);
      const band = bands.find(([, from]) => similarity !== null && similarity >= from)?.[0];
      return similarity === null || band === undefined ? [] : [{ ...candidate, similarity, band }];
    })
    .toSorted((a, b) => b.similarity - a.similarity);
  const others = alike.filter(({ isSameSubject, band }) => !isSameSubject && band === 'very_high');
  const best =
    alike.find(({ isSameSubject }) => isSameSubject) ?? (others.length === 1 ? others[0] : undefined);
  if (best === undefined) return null;
  const { device, isSameSubject, similarity, band } = best;
  const isTlsCorroborated = now.ja4 !== null && now.ja4 === best.ja4;
  return { device, isSameSubject, similarity, band, gateReason: 'hardware_root_match', isTlsCorroborated };
}

function passesGate(now: Likeable, candidate: Candidate): boolean {
  return (
    now.hardwareRoot !== null &&
    now.hardwareRoot === candidate.hardwareRoot &&
    now.osFamily !== '' &&
    now.osFamily === candidate.osFamily
  );
}

const spoofable = new Set(deviceTraits.filter(({ isSpoofable }) => isSpoofable).map(({ name }) => name));

/**
 * Whether this is another subject's device but for one or two traits of those that browsers made for hiding make up:
 * somebody changes identities on one machine. null: there is no other to compare with.
 */
export function isNearDuplicate(now: Likeable, candidates: readonly Candidate[]): boolean | null {
  const compared = candidates
    .filter(({ isSameSubject }) => !isSameSubject)
    .map(({ traits }) => compareDevices(now.traits, traits))
    .filter(({ similarity }) => similarity !== null);
  if (compared.length === 0) return null;
  return compared.some(
    ({ differing }) =>
      differing.length >= 1 && differing.length <= 2 && differing.every((name) => spoofable.has(name)),
  );
}
