/** What a stranger hears about a picture; null: nothing that depends on it. */
export type Told = 'Approved' | 'In Review' | 'Declined' | null;
export type Oracle = (face: Face) => Promise<Told>;

/** A picture as far as a face model is concerned: a direction in space. */
export type Face = Float64Array;

/** A stream of numbers in [0, 1) that is the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A random face. */
export function randomFace(size: number, random: () => number): Face {
  const gauss = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return unit(Float64Array.from({ length: size }, gauss));
}

/** The direction of a vector. */
function unit(vector: Face): Face {
  const norm = Math.hypot(...vector);
  return vector.map((value) => value / norm);
}

export function cosine(one: Face, other: Face): number {
  return one.reduce((sum, value, index) => sum + value * (other[index] ?? 0), 0);
}

/** A face that resembles another one by so much. */
export function lookalike(of: Face, resemblance: number, random: () => number): Face {
  const stranger = randomFace(of.length, random);
  const along = cosine(stranger, of);
  const across = unit(stranger.map((value, index) => value - along * (of[index] ?? 0)));
  return mix(of, across, resemblance, Math.sqrt(1 - resemblance ** 2));
}

const probesPerStep = 60;
const probeLength = 0.15;

type IsNear = (face: Face) => Promise<boolean | 'approved'>;

/**
 * Climbs by verdicts alone, as decision-based attacks do (HopSkipJump): goes to the border between review and decline,
 * probes around it, many at a time, and steps to where fewer probes are declined. Hears it nothing, it can only guess.
 * @param start a picture that is nearly good enough
 * @returns the face that was approved, or the last one, and the tries it took
 */
export async function climb(
  oracle: Oracle,
  start: Face,
  random: () => number,
  maxTries: number,
): Promise<{ face: Face; approved: boolean; tries: number }> {
  let tries = 0;
  let best = start;
  const isNear: IsNear = async (face) => {
    const guess = random() < 0.5;
    tries += 1;
    const told = await oracle(face);
    if (told === 'Approved') return 'approved';
    return told === null ? guess : told === 'In Review';
  };
  while (tries < maxTries) {
    const border = await findBorder(best, isNear, random, maxTries - tries);
    if (border.approved) return { ...border, tries };
    const probes = Array.from({ length: Math.min(probesPerStep, maxTries - tries) }, () => {
      const direction = randomFace(best.length, random);
      return { direction, face: mix(border.face, direction, 1, probeLength) };
    });
    if (probes.length === 0) break;
    const answers = await Promise.all(probes.map(({ face }) => isNear(face)));
    const approved = probes[answers.indexOf('approved')];
    if (approved) return { face: approved.face, approved: true, tries };
    best = mix(border.face, uphill(probes, answers), 1, 0.6);
  }
  return { face: best, approved: false, tries };
}

/** The mean direction of the probes that were near, and away from those that were not. */
function uphill(probes: readonly { direction: Face }[], answers: readonly (boolean | 'approved')[]): Face {
  const sum = probes.reduce(
    (total, { direction }, probe) =>
      total.map((value, index) => value + (answers[probe] ? 1 : -1) * (direction[index] ?? 0)),
    new Float64Array(probes[0]?.direction.length ?? 0),
  );
  return unit(sum);
}

/** Between a near face and a stranger: the last one that was not declined, give or take. */
async function findBorder(
  near: Face,
  isNear: IsNear,
  random: () => number,
  maxTries: number,
): Promise<{ face: Face; approved: boolean }> {
  const stranger = randomFace(near.length, random);
  let [low, high] = [0, 1];
  let face = near;
  for (let halving = 0; halving < Math.min(7, maxTries); halving += 1) {
    const middle = (low + high) / 2;
    const candidate = mix(near, stranger, 1 - middle, middle);
    const answer = await isNear(candidate);
    if (answer === 'approved') return { face: candidate, approved: true };
    if (answer) [low, face] = [middle, candidate];
    else high = middle;
  }
  return { face, approved: false };
}

function mix(one: Face, other: Face, weight: number, otherWeight: number): Face {
  return unit(one.map((value, index) => weight * value + otherWeight * (other[index] ?? 0)));
}
