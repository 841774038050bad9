import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Face, Told } from './hill-climber.ts';
import { climb, lookalike, randomFace, seededRandom } from './hill-climber.ts';
import { createHostileClient } from './hostile-client.ts';
import type { OracleWorld } from './oracle-world.ts';
import { faceOf, pictureOf, similarity, startOracleWorld } from './oracle-world.ts';

const size = 32;
const triesPerLock = 1_000;
const locks = 4;
const triesInAll = triesPerLock * locks;
/** So many tries of a lock go the whole way through the hosted page's API; the others ask for the grant alone. */
const wholeWay = 40;

const random = seededRandom(7);
const target = randomFace(size, random);
/** Someone who passes for the victim nearly: sent to review, where climbing begins. */
const start = lookalike(target, 0.6, random);
const judge = (face: Face): Told => {
  const score = similarity(face, target);
  return score > 70 ? 'Approved' : score > 50 ? 'In Review' : 'Declined';
};

describe('a client that climbs by verdicts', () => {
  it('would be taken for the victim within some hundred tries, could it try as it likes', async () => {
    expect(judge(start)).toBe('In Review');
    const { approved, tries } = await climb(async (face) => judge(face), start, seededRandom(1), triesInAll);
    expect(approved).toBe(true);
    expect(tries).toBeLessThan(1_000);
  });

  it('is scored by what its pictures show', () => {
    const face = randomFace(size, random);
    expect(faceOf(pictureOf(face))).toEqual(face);
    // In the middle of other bytes, as it comes in a message.
    const message = Buffer.concat([Buffer.alloc(3, 1), pictureOf(face)]);
    expect(faceOf(message.subarray(3))).toEqual(face);
  });

  it('gets nowhere by guessing', async () => {
    const { approved, face } = await climb(async () => null, start, seededRandom(1), triesInAll);
    expect(approved).toBe(false);
    expect(judge(face)).toBe('Declined');
  });
});

describe('the hosted page', () => {
  let world: OracleWorld;
  beforeAll(async () => {
    world = await startOracleWorld(target);
  });
  afterAll(() => world.stop());

  it('tells a climber five verdicts a lock at most, in four thousand tries', async () => {
    const client = createHostileClient(world, 'victim');
    const told: Told[][] = [];
    const refusals = new Set<string>();
    let best = start;
    for (let lock = 0; lock < locks; lock += 1) {
      const verdicts: Told[] = [];
      let tries = 0;
      const oracle = async (face: Face): Promise<Told> => {
        tries += 1;
        // The last ones go the whole way, too, so that a change in between would be seen.
        const isWhole = tries <= wholeWay || tries > triesPerLock - 5;
        const answer = isWhole ? await client.upload(face) : await client.askForGrant(face);
        if (answer.told === null) refusals.add(answer.transcript);
        else verdicts.push(answer.told);
        return answer.told;
      };
      const climbed = await climb(oracle, best, seededRandom(lock), triesPerLock);
      expect(climbed).toMatchObject({ approved: false, tries: triesPerLock });
      best = climbed.face;
      told.push(verdicts);
      await world.endLocks();
    }
    // Answers of three words: less than eight bits a lock. None of them was the one that it was after.
    for (const verdicts of told) expect(verdicts.length).toBeLessThanOrEqual(5);
    expect(told.flat()).not.toContain('Approved');
    expect(world.seen.looks).toBe(told.flat().length);
    // Two ways of asking, each with one answer to everything.
    expect([...refusals].sort()).toEqual([
      expect.stringMatching(/^200 .*"result":"locked"/),
      expect.stringContaining('locked_out'),
    ]);
  }, 480_000);

  it('says to a locked-out client the same of every picture, the right one among them', async () => {
    const client = createHostileClient(world, 'another victim');
    for (let look = 0; look < 5; look += 1) await client.upload(randomFace(size, random));
    const looks = world.seen.looks;
    const transcripts = new Set<string>();
    for (const picture of [target, start, randomFace(size, random)]) {
      for (const isDark of [false, true])
        transcripts.add((await client.upload(picture, { isDark })).transcript);
    }
    expect(transcripts.size).toBe(1);
    expect(world.seen.looks).toBe(looks);
    const states = new Set([await client.enter(), await client.enter(), await client.enter()]);
    expect(states.size).toBe(1);
    expect([...states][0]).toContain('"phase":"locked"');
  });

  it('says of a picture that will not do what is wrong with its light, not how near it is', async () => {
    const client = createHostileClient(world, 'third victim');
    const transcripts = new Set<string>();
    for (const picture of [target, start, randomFace(size, random)]) {
      transcripts.add((await client.upload(picture, { isDark: true, isFresh: true })).transcript);
    }
    expect(transcripts.size).toBe(1);
    expect([...transcripts][0]).toContain('"problem":"too_dark"');
  });
});
