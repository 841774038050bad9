import { FaceProblem, MatchOutcome, ReferenceKind } from '@selfsame/contracts/biometrics/v1/evidence';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PIPELINE_VERSION } from '../src/pipeline-version.ts';
import { face, frames } from './faces.ts';
import { newSession, openWorld, type World } from './harness.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const inAnHour = () => new Date(Date.now() + 3_600_000);

describe('one look', () => {
  test('says how live, how good and how bright a face is', async () => {
    const evidence = await world.verify(newSession(), 'img/p04_1.jpg');
    expect(evidence).toMatchObject({
      faceCount: 1,
      problem: FaceProblem.UNSPECIFIED,
      matchOutcome: MatchOutcome.NOT_ASKED,
      similarityScore: undefined,
      pipelineVersion: PIPELINE_VERSION,
    });
    // Two straight borders of its background cost it some points.
    expect(evidence.livenessScore).toBeGreaterThan(80);
    expect(evidence.faceQuality).toBeGreaterThan(90);
    expect(evidence.faceLuminance).toBeCloseTo(57.8, 0);
  });

  test('without a face has a problem and no scores', async () => {
    const evidence = await world.verify(newSession(), 'edge/no_face.jpg');
    expect(evidence).toMatchObject({ faceCount: 0, problem: FaceProblem.NO_FACE });
    expect([evidence.livenessScore, evidence.faceQuality, evidence.faceLuminance]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('at a screen reads as not live', async () => {
    const evidence = await world.verify(newSession(), 'spoof/spoof_2.jpg');
    expect(evidence.problem).toBe(FaceProblem.UNSPECIFIED);
    expect(evidence.livenessScore).toBeLessThan(30);
  });
});

describe('a portrait submitted with a session', () => {
  test('is compared within its session alone', async () => {
    const session = newSession();
    const { problem } = await world.client.bindReference({
      ...session,
      image: Buffer.from(face('img/p04_1.jpg')),
      expiresAt: inAnHour(),
    });
    expect(problem).toBe(FaceProblem.UNSPECIFIED);

    const ask = { reference: ReferenceKind.SESSION };
    const same = await world.verify(session, 'img/p04_2.jpg', ask);
    expect(same).toMatchObject({ matchOutcome: MatchOutcome.COMPARED });
    expect(same.similarityScore).toBeGreaterThan(90);
    const other = await world.verify(session, 'img/p05_1.jpg', ask);
    expect(other.similarityScore).toBeLessThan(10);

    const elsewhere = newSession({ applicationId: session.applicationId });
    expect(await world.verify(elsewhere, 'img/p04_2.jpg', ask)).toMatchObject({
      matchOutcome: MatchOutcome.NO_REFERENCE,
    });
  });

  test('is replaced by a later one', async () => {
    const session = newSession();
    for (const name of ['img/p04_1.jpg', 'img/p05_1.jpg']) {
      await world.client.bindReference({
        ...session,
        image: Buffer.from(face(name)),
        expiresAt: inAnHour(),
      });
    }
    const evidence = await world.verify(session, 'img/p04_2.jpg', { reference: ReferenceKind.SESSION });
    expect(evidence.similarityScore).toBeLessThan(10);
  });

  test('that will not do is told why, and nothing is kept', async () => {
    for (const [name, problem] of [
      ['edge/no_face.jpg', FaceProblem.NO_FACE],
      ['edge/group.jpg', FaceProblem.MULTIPLE_FACES],
      ['edge/masked.jpg', FaceProblem.COVERED],
    ] as const) {
      const session = newSession();
      const image = Buffer.from(face(name));
      expect(await world.client.bindReference({ ...session, image, expiresAt: inAnHour() })).toEqual({
        problem,
      });
      expect(await world.kept(session)).toEqual([]);
    }
  });

  test('is no longer compared once it has expired', async () => {
    const session = newSession();
    const image = Buffer.from(face('img/p04_1.jpg'));
    await world.client.bindReference({ ...session, image, expiresAt: inAnHour() });
    await world.db
      .updateTable('templates')
      .set({ expires_at: new Date(Date.now() - 1) })
      .where('application_id', '=', session.applicationId)
      .execute();
    const evidence = await world.verify(session, 'img/p04_2.jpg', { reference: ReferenceKind.SESSION });
    expect(evidence.matchOutcome).toBe(MatchOutcome.NO_REFERENCE);
  });
});

test('a look for guidance says where the face is, in fractions of the picture', async () => {
  const [frame = new Uint8Array()] = frames('genuine_p01');
  const { faceCount, box, luminance } = await world.client.analyse({ image: Buffer.from(frame) });
  expect(faceCount).toBe(1);
  expect(luminance).toBeCloseTo(52.7, 0);
  expect(box?.left).toBeCloseTo(0.29, 1);
  expect(box?.width).toBeCloseTo(248 / 640, 1);
  expect(box?.height).toBeGreaterThan(0.5);

  const empty = await world.client.analyse({ image: Buffer.from(face('edge/dark.jpg')) });
  expect(empty.luminance).toBeLessThan(10);
});

describe('refused requests name their fault', () => {
  const image = Buffer.from('not an image');
  const session = newSession();
  const attempt = { ...session, attemptId: 'a', reference: ReferenceKind.NONE };

  test.each<[string, () => Promise<unknown>, string]>([
    ['no image at all', () => world.client.verify({ ...attempt, image }), 'image_undecodable'],
    [
      'an undecodable portrait',
      () => world.client.bindReference({ ...session, image, expiresAt: inAnHour() }),
      'image_undecodable',
    ],
    ['an undecodable thumbnail', () => world.client.analyse({ image }), 'image_undecodable'],
    [
      '6 MB',
      () => world.client.verify({ ...attempt, image: Buffer.alloc(6 * 1024 * 1024) }),
      'image_too_large',
    ],
    [
      'a portrait of 3 MB',
      () =>
        world.client.bindReference({
          ...session,
          image: Buffer.alloc(2 * 1024 * 1024 + 1),
          expiresAt: inAnHour(),
        }),
      'image_too_large',
    ],
    [
      'a thumbnail of 65 kB',
      () => world.client.analyse({ image: Buffer.alloc(64 * 1024 + 1) }),
      'image_too_large',
    ],
    [
      'no reference kind',
      () => world.client.verify({ ...attempt, reference: ReferenceKind.UNSPECIFIED, image }),
      'request_invalid',
    ],
    ['no session', () => world.client.verify({ ...attempt, sessionId: '', image }), 'request_invalid'],
    ['no attempt', () => world.client.verify({ ...attempt, attemptId: '', image }), 'request_invalid'],
    [
      '257 characters of vendor data',
      () => world.client.verify({ ...attempt, vendorData: 'x'.repeat(257), image }),
      'request_invalid',
    ],
    [
      'a past expiry',
      () => world.client.bindReference({ ...session, image, expiresAt: new Date(0) }),
      'request_invalid',
    ],
    ['no expiry', () => world.client.bindReference({ ...session, image }), 'request_invalid'],
    ['no subject', () => world.client.hasTemplate({}), 'request_invalid'],
    [
      'a subject without vendor data',
      () => world.client.forget({ subject: { applicationId: 'a' } }),
      'request_invalid',
    ],
  ])('%s', async (_, call, code) => {
    await expect(call()).rejects.toMatchObject({ code, kind: 'invalid', retryable: false });
  });
});
