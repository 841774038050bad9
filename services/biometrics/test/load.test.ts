import { FaceProblem, ReferenceKind } from '@selfsame/contracts/biometrics/v1/evidence';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { face } from './faces.ts';
import { newSession, openWorld, type World } from './harness.ts';

let world: World;

/** Settled promises by outcome: `ok`, or the code of the failure. */
function outcomes(results: readonly PromiseSettledResult<unknown>[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const result of results) {
    const name = result.status === 'fulfilled' ? 'ok' : String((result.reason as { code?: unknown }).code);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

describe('with room to queue', () => {
  beforeAll(async () => {
    world = await openWorld({ BIOMETRICS_QUEUE: '300' });
  });
  afterAll(() => world.close());

  test('a hundred mixed requests at once each get their own answer', async () => {
    const [obama, biden] = [newSession(), newSession()];
    await world.enrol(obama, 'img/p04_1.jpg');
    await world.enrol(biden, 'img/p05_1.jpg');
    const compare = (session: typeof obama, picture: string) =>
      world.verify(session, picture, { reference: ReferenceKind.SUBJECT });
    const thumbnail = Buffer.from(face('edge/small_face.jpg'));
    let glances = 0;

    const kinds: (() => Promise<void>)[] = [
      async () => expect((await compare(obama, 'img/p04_3.jpg')).similarityScore).toBeGreaterThan(90),
      async () => expect((await compare(biden, 'img/p04_3.jpg')).similarityScore).toBeLessThan(10),
      async () => expect((await compare(biden, 'img/p05_2.jpg')).similarityScore).toBeGreaterThan(70),
      async () =>
        expect(await compare(obama, 'edge/no_face.jpg')).toMatchObject({
          problem: FaceProblem.NO_FACE,
          similarityScore: undefined,
        }),
      async () => expect((await compare(obama, 'spoof/spoof_3.jpg')).livenessScore).toBeLessThan(30),
      () =>
        expect(world.verify(obama, Buffer.from('\xff\xd8\xff junk', 'latin1'))).rejects.toMatchObject({
          code: 'image_undecodable',
        }),
      async () =>
        expect(
          await world.client.bindReference({
            ...newSession(),
            image: Buffer.from(face('edge/group.jpg')),
            expiresAt: new Date(Date.now() + 60_000),
          }),
        ).toEqual({ problem: FaceProblem.MULTIPLE_FACES }),
      async () => {
        // Guidance gives way to looks: refused while everything is busy, right whenever it answers.
        const answer = await world.client.analyse({ image: thumbnail }).catch((error: unknown) => error);
        if (answer instanceof Error) return expect(answer).toMatchObject({ code: 'queue_full' });
        glances += 1;
        expect(answer).toMatchObject({ faceCount: 1 });
      },
    ];
    await Promise.all(Array.from({ length: 100 }, (_, index) => kinds[index % kinds.length]?.()));
    expect(glances).toBeGreaterThan(0);
  }, 90_000);

  test('a thread that dies takes one look with it, which may be tried again, and is replaced', async () => {
    const before = world.workers.length;
    const looks = Array.from({ length: 12 }, () => world.verify(newSession(), 'img/p04_1.jpg'));
    const settled = Promise.allSettled(looks);
    await Promise.race(looks);
    world.workers[0]?.postMessage('die');

    const results = await settled;
    expect(outcomes(results)).toEqual({ ok: 11, worker_lost: 1 });
    const lost = results.find((result) => result.status === 'rejected');
    expect(lost?.reason).toMatchObject({ kind: 'unavailable', retryable: true });

    await waitFor(
      'another thread is ready',
      () => world.workers.length === before + 1 && world.workers.at(-1)?.threadId !== -1,
    );
    const again = Array.from({ length: 6 }, () => world.verify(newSession(), 'img/p04_1.jpg'));
    expect(outcomes(await Promise.allSettled(again))).toEqual({ ok: 6 });
  });

  test('all threads may die: the service recovers by itself', async () => {
    for (const worker of world.workers) worker.postMessage('die');
    await waitFor(
      'all threads are gone',
      () => world.workers.slice(0, 3).every((worker) => worker.threadId === -1),
      { timeoutMs: 60_000 },
    );
    const evidence = await world.verify(newSession(), 'img/p04_1.jpg');
    expect(evidence.faceCount).toBe(1);
  });

  test('callers who would wait in vain are told at once when to come back, all others get their answer', async () => {
    const picture = Buffer.from(face('img/p04_1.jpg'));
    const request = { ...newSession(), attemptId: 'a', reference: ReferenceKind.NONE, image: picture };
    const busy = Array.from({ length: 40 }, () => world.verify(newSession(), 'img/p04_1.jpg'));
    const gone = Array.from({ length: 40 }, () => world.client.verify(request, { deadline: 200 }));
    const refused = await Promise.allSettled(gone);
    const { wait_too_long: told = 0, deadline_exceeded: late = 0 } = outcomes(refused);
    expect(told + late).toBe(40);
    const hints = refused.map((result) => result.status === 'rejected' && result.reason.retryAfterMs);
    expect(hints.filter((ms) => ms > 0)).toHaveLength(told);
    expect(outcomes(await Promise.allSettled(busy))).toEqual({ ok: 40 });
  });
});

describe('with a short queue', () => {
  beforeAll(async () => {
    world = await openWorld({ BIOMETRICS_QUEUE: '3', BIOMETRICS_WORKERS: '1' });
  });
  afterAll(() => world.close());

  test('overload is refused at once and may be retried; what was accepted is answered', async () => {
    const looks = Array.from({ length: 40 }, () => world.verify(newSession(), 'img/p04_1.jpg'));
    const results = await Promise.allSettled(looks);
    const { ok = 0, queue_full: refused = 0 } = outcomes(results);
    expect(ok + refused).toBe(40);
    expect(ok).toBeGreaterThanOrEqual(4);
    expect(refused).toBeGreaterThan(0);
    const full = results.find((result) => result.status === 'rejected');
    expect(full?.reason).toMatchObject({ code: 'queue_full', kind: 'exhausted', retryable: true });
    expect((await world.verify(newSession(), 'img/p04_1.jpg')).faceCount).toBe(1);
  });
});
