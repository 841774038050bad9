import { randomUUID } from 'node:crypto';
import { KeptImageKind } from '@selfsame/contracts/biometrics/v1/evidence';
import { Failure } from '@selfsame/runtime/errors';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { secretDigest } from '../src/domain/secrets.ts';
import { openWorld, portrait, type World } from './harness.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const retain = (on: boolean) =>
  world.database.db
    .updateTable('applications')
    .set({ retain_images: on })
    .where('id', '=', world.demo.applicationId)
    .execute();
const granted = async (token: string) => {
  const tokenSha256 = secretDigest(token);
  const { session } = await world.rpc.openSession({ tokenSha256 });
  const { retainsImages } = await world.rpc.beginAttempt({ tokenSha256, attemptId: randomUUID() });
  return { page: session?.retainsImages, retainsImages };
};

it('pictures are kept only of applications that ask for it, the submitted portrait included, and the page knows', async () => {
  const created = await world.demo.create({ workflow_id: 'wf_reauth', portrait_image: portrait });
  expect(world.biometrics.bound.at(-1)).toMatchObject({ retainsImage: false });
  expect(await granted(created.session_token)).toEqual({ page: false, retainsImages: false });

  await retain(true);
  const kept = await world.demo.create({ workflow_id: 'wf_reauth', portrait_image: portrait });
  expect(world.biometrics.bound.at(-1)).toMatchObject({ retainsImage: true });
  expect(await granted(kept.session_token)).toEqual({ page: true, retainsImages: true });
  await retain(false);
});

it('a decision that is read links to them for minutes; events and lists never do', async () => {
  const created = await world.demo.create({ workflow_id: 'wf_reauth', portrait_image: portrait });
  const [live, reference] = [randomUUID(), randomUUID()];
  await world.look(created, {
    keptImages: [
      { imageId: live, kind: KeptImageKind.LIVE },
      { imageId: reference, kind: KeptImageKind.REFERENCE },
    ],
  });
  const told = await world.announced(created.session_id, 'Approved');
  expect(told.decisionJson).not.toMatch(/media|_image":"/);

  const path = `/v3/session/${created.session_id}/decision/`;
  const url = (id: string) => `https://id.example/media/${id}?signed`;
  const { body } = await world.demo.call('GET', path);
  expect(body.liveness_checks[0].reference_image).toBe(url(live));
  expect(body.face_matches[0]).toMatchObject({ source_image: url(reference), target_image: url(live) });
  const { body: list } = await world.demo.call('GET', '/v3/sessions/');
  expect(JSON.stringify(list)).not.toContain('/media/');

  world.biometrics.answer({ links: new Failure('unavailable', 'gone', 'Not now.') });
  const without = await world.demo.call('GET', path);
  expect([without.status, without.body.liveness_checks[0].reference_image]).toEqual([200, null]);
  world.biometrics.answer({});
});

it('without kept pictures the places for them are empty', async () => {
  const created = await world.demo.create({ workflow_id: 'wf_reauth', portrait_image: portrait });
  await world.look(created);
  await world.announced(created.session_id, 'Approved');
  const { body } = await world.demo.call('GET', `/v3/session/${created.session_id}/decision/`);
  expect(body.liveness_checks[0].reference_image).toBeNull();
  expect(body.face_matches[0]).toMatchObject({ source_image: null, target_image: null });
});
