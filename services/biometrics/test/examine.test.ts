import { randomUUID } from 'node:crypto';
import { FaceProblem, MatchOutcome } from '@selfsame/contracts/biometrics/v1/evidence';
import type { ExamineRequest, ExamineResponse } from '@selfsame/contracts/biometrics/v1/service';
import { FaceSearchScope } from '@selfsame/contracts/biometrics/v1/service';
import { waitFor } from '@selfsame/testing/wait';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { face } from './faces.ts';
import { newSession, openWorld, type World } from './harness.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
}, 120_000);
afterAll(() => world?.close());

const applicationId = randomUUID();

function examine(
  image: string | Uint8Array,
  request: Partial<ExamineRequest> = {},
): Promise<ExamineResponse> {
  const bytes = Buffer.from(typeof image === 'string' ? face(image) : image);
  return world.client.examine({ applicationId, ...request, image: bytes });
}

const turned = (image: string, angle: number) => sharp(face(image)).rotate(angle).jpeg().toBuffer();

test('a look says what it found, where, and keeps nothing that nobody asked for', async () => {
  const { evidence, userImage, referenceImage } = await examine('img/p01_1.jpg', { keepCandidate: true });
  expect(evidence).toMatchObject({
    faceCount: 1,
    problem: FaceProblem.UNSPECIFIED,
    matchOutcome: MatchOutcome.NOT_ASKED,
    candidateId: '',
  });
  expect(evidence?.livenessScore).toBeGreaterThan(70);
  const { width = 0, height = 0 } = await sharp(face('img/p01_1.jpg')).metadata();
  const [entity] = userImage?.entities ?? [];
  expect(entity?.confidence).toBeGreaterThan(0.6);
  expect(entity && entity.xmin >= 0 && entity.xmin < entity.xmax && entity.xmax <= width).toBe(true);
  expect(entity && entity.ymin >= 0 && entity.ymin < entity.ymax && entity.ymax <= height).toBe(true);
  expect(userImage?.bestAngle).toBe(0);
  expect(referenceImage).toBeUndefined();
  expect(await world.kept({ applicationId })).toEqual([]);
});

test('two pictures are compared with each other, and neither becomes a template', async () => {
  const same = await examine('img/p01_1.jpg', { referenceImage: Buffer.from(face('img/p01_2.jpg')) });
  const other = await examine('img/p01_1.jpg', { referenceImage: Buffer.from(face('img/p19_1.jpg')) });
  expect(same.evidence?.matchOutcome).toBe(MatchOutcome.COMPARED);
  expect(same.evidence?.similarityScore).toBeGreaterThan(70);
  expect(other.evidence?.similarityScore).toBeLessThan(30);
  expect(same.referenceImage?.entities).toHaveLength(1);
  expect(await world.kept({ applicationId })).toEqual([]);
});

test('a reference without a face is none to compare with', async () => {
  const blank = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#888' } })
    .png()
    .toBuffer();
  const { evidence, referenceImage } = await examine('img/p01_1.jpg', { referenceImage: blank });
  expect(evidence?.matchOutcome).toBe(MatchOutcome.NO_REFERENCE);
  expect(referenceImage?.entities).toEqual([]);
});

describe('which way up', () => {
  test.each([90, 180, 270])(
    'a picture turned by %i is set upright, and the face told where it is',
    async (angle) => {
      const upright = await examine('img/p01_1.jpg');
      const image = await turned('img/p01_1.jpg', angle);
      const { evidence, userImage } = await examine(image, { rotateImage: true });
      expect(userImage?.bestAngle).toBe(360 - angle);
      expect(evidence?.livenessScore).toBeCloseTo(upright.evidence?.livenessScore ?? 0, -1);
      const { width = 0, height = 0 } = await sharp(image).metadata();
      const [entity] = userImage?.entities ?? [];
      const [whole] = upright.userImage?.entities ?? [];
      // The middle of the face, turned back, is where it was: within 3 % of the picture.
      const x = ((entity?.xmin ?? 0) + (entity?.xmax ?? 0)) / 2;
      const y = ((entity?.ymin ?? 0) + (entity?.ymax ?? 0)) / 2;
      const back = { 90: [y, width - x], 180: [width - x, height - y], 270: [height - y, x] }[angle] ?? [];
      const wanted = [
        ((whole?.xmin ?? 0) + (whole?.xmax ?? 0)) / 2,
        ((whole?.ymin ?? 0) + (whole?.ymax ?? 0)) / 2,
      ];
      expect(Math.abs((back[0] ?? 0) - (wanted[0] ?? 0))).toBeLessThan(0.03 * Math.max(width, height));
      expect(Math.abs((back[1] ?? 0) - (wanted[1] ?? 0))).toBeLessThan(0.03 * Math.max(width, height));
    },
  );
});

test('of more pictures that lie on their side than are glanced at, each waits for its turn', async () => {
  const image = await turned('img/p01_1.jpg', 90);
  // Two threads glance at two, and four wait in the queue. Who finds it full waits two seconds at most: one of them only.
  const count = 7;
  const all = await Promise.all(Array.from({ length: count }, () => examine(image, { rotateImage: true })));
  expect(all.map(({ userImage }) => userImage?.bestAngle)).toEqual(Array(count).fill(270));
});

test('what cannot be decoded is refused by name: the picture or the one beside it', async () => {
  const noPicture = Buffer.from('GIF89a, or so it says');
  await expect(examine(noPicture)).rejects.toMatchObject({ kind: 'invalid', code: 'image_undecodable' });
  await expect(examine('img/p01_1.jpg', { referenceImage: noPicture })).rejects.toMatchObject({
    kind: 'invalid',
    code: 'reference_image_undecodable',
  });
});

test('without an age model an age is a refusal, not a guess', async () => {
  await expect(examine('img/p01_1.jpg', { estimateAge: true })).rejects.toMatchObject({
    kind: 'precondition',
    code: 'age_model_missing',
  });
});

describe('a call that is recorded', () => {
  test('without vendor_data enrols under a name of its session, and goes with it', async () => {
    const session = newSession({ vendorData: '' });
    const { evidence } = await examine('img/p01_1.jpg', { ...session, keepCandidate: true });
    expect(await world.kept(session)).toEqual(['candidate']);
    await world.enter(session, 'Approved', { candidateId: evidence?.candidateId ?? '' });
    expect(await world.kept(session)).toEqual(['subject']);
    const { applicationId } = session;
    const search = () => examine('img/p01_2.jpg', { applicationId, search: FaceSearchScope.OTHERS });
    await waitFor('the face is found', async () => {
      const [match] = (await search()).evidence?.searchMatches ?? [];
      return match?.sessionId === session.sessionId;
    });
    await world.deleteSession(session);
    expect(await world.kept(session)).toEqual([]);
    await waitFor('the face is found no more', async () => {
      return (await search()).evidence?.searchMatches.length === 0;
    });
  });

  test('with vendor_data enrols the subject, and tells how like the earlier face it is', async () => {
    const session = newSession();
    const first = await examine('img/p01_1.jpg', { ...session, keepCandidate: true });
    expect(first.evidence?.enrolledSimilarity).toBeUndefined();
    await world.enter(session, 'Approved', { candidateId: first.evidence?.candidateId ?? '' });
    const again = newSession({ applicationId: session.applicationId, vendorData: session.vendorData });
    const second = await examine('img/p19_1.jpg', { ...again, keepCandidate: true });
    expect(second.evidence?.enrolledSimilarity).toBeLessThan(30);
    await world.enter(again, 'Declined', { candidateId: second.evidence?.candidateId ?? '' });
    expect(await world.kept(session)).toEqual(['subject']);
    // The subject outlives the session that enrolled it.
    await world.deleteSession(session);
    expect(await world.kept(session)).toEqual(['subject']);
  });
});
