import { randomUUID } from 'node:crypto';
import { ChallengeFailure, type ChallengeMethod } from '@selfsame/contracts/biometrics/v1/evidence';
import { exposeMetrics } from '@selfsame/runtime/metrics';
import { sumOf } from '@selfsame/testing/series';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ChallengeView } from '../src/wire.ts';
import { assemble, type BundleParts, deviceKey, packBundle } from './bundles.ts';
import { barePage, goodEvidence, sampleFrame, startWorld, type World } from './harness.ts';

let world: World;
const page = barePage();
const image = sampleFrame();
/** A JPEG of its own for every frame: a comment in front of the picture. */
const frameImage = (at: number) =>
  Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xfe, 0, 3, at]), image.subarray(2)]);
const frames = Array.from({ length: 6 }, (_, at) => ({ image: frameImage(at), takenAtMs: at * 400 + 200 }));
const shownAtMs = [10, 410, 815, 1_210, 1_610, 2_020];

beforeAll(async () => {
  world = await startWorld(page.directory);
});
afterAll(async () => {
  await world.stop();
  page.remove();
});
beforeEach(() => enter());

/** How many requests were turned away for this reason. */
const refusals = async (reason: string) =>
  sumOf((await exposeMetrics()).text, 'selfsame_http_refused_total', { reason });

const at = (path: string) => `${world.url}/session/${world.token}${path}`;

async function enter(livenessMethod = 'PASSIVE'): Promise<void> {
  world.renew({ livenessMethod });
  expect((await fetch(at('/open'), { method: 'POST' })).status).toBe(200);
}

const ask = (attemptId: string, body: object = {}) =>
  fetch(at(`/attempts/${attemptId}/challenge`), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

/** A challenge that was issued long enough ago for its answer to be true. */
async function challenge(attemptId: string, body: object = {}): Promise<ChallengeView> {
  const view = (await (await ask(attemptId, body)).json()) as ChallengeView;
  const issued = world.seen.challenges.get(attemptId);
  if (issued) world.seen.challenges.set(attemptId, { ...issued, issuedAt: new Date(Date.now() - 20_000) });
  return view;
}

const sendBytes = (attemptId: string, body: Buffer<ArrayBuffer>) =>
  fetch(at(`/attempts/${attemptId}`), {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.selfsame.capture' },
    body,
  });
const send = async (attemptId: string, parts: Partial<BundleParts> = {}) =>
  sendBytes(attemptId, await packBundle({ image, ...parts }));

const signal = (name: string) =>
  world.seen.completed[0]?.evidence?.mediaSignals.find((known) => known.name === name);

describe('a challenge', () => {
  it('is told as the page performs it', async () => {
    await enter('FLASHING');
    const flashing = await challenge(randomUUID());
    expect(flashing.asked).toMatchObject({ method: 'FLASHING' });
    expect(flashing.asked.method === 'FLASHING' && flashing.asked.steps[0]).toEqual({
      colour: '#ff0000',
      duration_ms: 400,
    });
    expect(Date.parse(flashing.expires_at)).toBeGreaterThan(Date.now());
    const moving = await challenge(randomUUID(), { method: 'ACTIVE_3D' });
    expect(moving.asked.method === 'ACTIVE_3D' && moving.asked.steps[0]).toEqual({
      pose: 'left',
      within_ms: 4_000,
    });
    expect((await challenge(randomUUID(), { method: 'PASSIVE' })).asked).toEqual({ method: 'PASSIVE' });
    expect(moving.nonce).not.toBe(flashing.nonce);
  });

  it.each([
    ['a method that the session does not offer', { method: 'FLASHING' }, 400, 'method_not_offered'],
    ['a method that there is not', { method: 'HYPNOSIS' }, 400, 'request_invalid'],
  ])('by %s is refused', async (_what, body, status, code) => {
    const answer = await ask(randomUUID(), body);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ code });
  });

  it('is not given where nobody will look', async () => {
    const voided = randomUUID();
    world.script.voidAttempts = new Set([voided]);
    expect(await (await ask(voided)).json()).toMatchObject({ code: 'attempt_void' });
    world.script.lock = { until: new Date(Date.now() + 600_000), isSubject: false };
    const locked = await ask(randomUUID());
    expect(locked.status).toBe(409);
    expect(await locked.json()).toMatchObject({ code: 'locked_out' });
    expect(Number(locked.headers.get('retry-after'))).toBeGreaterThanOrEqual(599);
    await enter();
    world.script.session = { ...world.script.session, status: 'Approved' };
    expect((await ask(randomUUID())).status).toBe(409);
    world.script.session = { ...world.script.session, status: 'Expired' };
    await fetch(at('/state'));
    expect((await ask(randomUUID())).status).toBe(410);
  });

  it('is asked for at a human pace', async () => {
    const before = await refusals('rate_limit');
    const statuses: number[] = [];
    // The budget refills while a slow machine counts.
    while (!statuses.includes(429) && statuses.length < 200) statuses.push((await ask(randomUUID())).status);
    expect(statuses.at(-1)).toBe(429);
    expect(await refusals('rate_limit')).toBe(before + 1);
  });
});

describe('a bundle', () => {
  it('that answers its challenge is judged with its frames, at the times that the page showed', async () => {
    await enter('FLASHING');
    const attemptId = randomUUID();
    const { nonce } = await challenge(attemptId);
    const answer = await send(attemptId, { nonce, frames, shownAtMs, key: await deviceKey() });
    expect(await answer.json()).toMatchObject({ result: 'verdict', status: 'Approved' });
    const [verified] = world.seen.verified;
    expect(verified?.image).toEqual(image);
    expect(verified?.frames.map(({ takenAtMs }) => takenAtMs)).toEqual([
      200, 600, 1_000, 1_400, 1_800, 2_200,
    ]);
    expect(verified?.frames[3]?.image).toEqual(frameImage(3));
    const { kind } = verified?.challenge ?? {};
    const starts = kind?.$case === 'flash' ? kind.value.steps.map(({ startsAtMs }) => startsAtMs) : [];
    expect(starts).toEqual(shownAtMs);
    expect(signal('cam_timestamp_monotonic')).toMatchObject({ value: 1, raised: false });
    expect(signal('auto_nonce_token_missing')).toMatchObject({ raised: false });
    expect(signal('capture_signature_invalid')).toMatchObject({ raised: false });
  });

  it('is compared with the face that session names, kept and learned from as session says', async () => {
    const said = async (grant: Partial<World['script']['grant']>) => {
      await enter();
      Object.assign(world.script.grant, grant);
      await send(randomUUID());
      const { referenceSubject, adaptsTemplate, retainsImages } = world.seen.verified[0] ?? {};
      return { referenceSubject, adaptsTemplate, retainsImages };
    };
    expect(await said({})).toEqual({
      referenceSubject: undefined,
      adaptsTemplate: false,
      retainsImages: false,
    });
    const referenceApplicationId = randomUUID();
    expect(await said({ referenceApplicationId, adaptsTemplate: true, retainsImages: true })).toEqual({
      referenceSubject: { applicationId: referenceApplicationId, vendorData: 'user-1' },
      adaptsTemplate: true,
      retainsImages: true,
    });
  });

  it('without frames is a passive look, and facts about its camera are signals of it', async () => {
    const attemptId = randomUUID();
    const { nonce } = await challenge(attemptId);
    const camera = { cam_label_virtual_keyword: true, cam_device_count: 2, cam_timestamp_monotonic: true };
    await send(attemptId, { nonce, camera, frames });
    expect(world.seen.verified[0]).toMatchObject({ frames: [], challenge: undefined });
    expect(signal('cam_label_virtual_keyword')).toMatchObject({ value: 1, raised: true });
    expect(signal('cam_device_count')).toMatchObject({ value: 2, raised: false });
    expect(signal('capture_signature_invalid')).toBeUndefined();
  });

  it('is told from a bare picture, which brings no nonce', async () => {
    await fetch(at(`/attempts/${randomUUID()}`), {
      method: 'POST',
      headers: { 'content-type': 'image/jpeg' },
      body: image,
    });
    expect(signal('auto_nonce_token_missing')).toMatchObject({ value: 1, raised: true });
  });

  it('whose times cannot be is judged by the plan’s times, and raises a signal', async () => {
    await enter('FLASHING');
    const attemptId = randomUUID();
    const { nonce } = await challenge(attemptId);
    await send(attemptId, { nonce, frames, shownAtMs: [0, 100, 200, 300, 400, 500] });
    const { kind } = world.seen.verified[0]?.challenge ?? {};
    const starts = kind?.$case === 'flash' ? kind.value.steps.map(({ startsAtMs }) => startsAtMs) : [];
    expect(starts).toEqual([0, 400, 800, 1_200, 1_600, 2_000]);
    expect(signal('cam_timestamp_monotonic')).toMatchObject({ value: 0, raised: true });
  });

  it('whose challenge session cannot tell is sent again, never judged as if it answered nothing', async () => {
    await enter('FLASHING');
    const attemptId = randomUUID();
    const { nonce } = await challenge(attemptId);
    world.script.knowsNoChallenges = true;
    const answer = await send(attemptId, { nonce, frames, shownAtMs });
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(world.seen.verified).toEqual([]);
    world.script.knowsNoChallenges = false;
    const again = await send(attemptId, { nonce, frames, shownAtMs });
    expect(await again.json()).toMatchObject({ result: 'verdict' });
    expect(world.seen.verified[0]?.frames).toHaveLength(6);
  });

  it('that comes before its challenge can be over raises a signal', async () => {
    await enter('ACTIVE_3D');
    const attemptId = randomUUID();
    const { nonce } = (await (await ask(attemptId)).json()) as ChallengeView;
    const moving = { shownAtMs: [600, 3_000, 6_000, 9_000, 12_000], frames: [{ image, takenAtMs: 60_000 }] };
    await send(attemptId, { nonce, ...moving });
    expect(signal('cam_timestamp_monotonic')).toMatchObject({ raised: true });
  });

  it.each([
    ['bytes behind it', (body: Buffer) => Buffer.concat([body, Buffer.of(0)])],
    ['bytes missing', (body: Buffer) => body.subarray(0, -1)],
    ['no manifest', () => Buffer.of(0, 0, 0)],
    ['a manifest that is a list', () => assemble(Buffer.from('[]'), image)],
  ])('with %s is refused, and nobody looks', async (_what, spoil) => {
    const answer = await sendBytes(randomUUID(), Buffer.from(spoil(await packBundle({ image, frames }))));
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: 'bundle_invalid' });
    expect(world.seen.grants.size).toBe(0);
  });

  it.each([
    ['what no page sends', { extra: 1 }],
    ['a label', { camera: { cam_label: 'My camera' } }],
    ['a name out of the catalogue’s form', { camera: { 'Cam Label': 1 } }],
    ['thirty-three frames', { frames: Array.from({ length: 33 }, () => ({ bytes: 1, taken_at_ms: 0 })) }],
    ['a frame of nothing', { frames: [{ bytes: 0, taken_at_ms: 0 }] }],
    ['a time before the beginning', { shown_at_ms: [-1] }],
    ['no nonce', { nonce: undefined }],
  ])('whose manifest holds %s is refused', async (_what, manifest) => {
    const answer = await send(randomUUID(), { manifest });
    expect(await answer.json()).toMatchObject({ code: 'bundle_invalid' });
  });

  it('with something that is no picture is refused', async () => {
    const nothing = Buffer.from('<svg onload="…"></svg>');
    for (const parts of [{ image: nothing }, { frames: [{ image: nothing, takenAtMs: 0 }] }]) {
      const answer = await send(randomUUID(), parts);
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ code: 'image_unusable' });
    }
  });

  it('may be 16 MB, and no byte more', async () => {
    const attemptId = randomUUID();
    const large = (bytes: number) => Buffer.concat([image, Buffer.alloc(bytes - image.length)]);
    const heavy = Array.from({ length: 10 }, (_, index) => ({ image: large(1_000_000), takenAtMs: index }));
    expect((await send(attemptId, { image: large(5_000_000), frames: heavy })).status).toBe(200);
    const before = await refusals('too_large');
    const answer = await sendBytes(randomUUID(), Buffer.alloc(16_000_001));
    expect(answer.status).toBe(413);
    expect(await refusals('too_large')).toBe(before + 1);
  });
});

describe('a look that was made before', () => {
  it('under a new id has no challenge of its own, and nobody looks', async () => {
    await enter('FLASHING');
    const attemptId = randomUUID();
    const { nonce } = await challenge(attemptId);
    world.script.verify = () => spoiled(ChallengeFailure.TOO_FEW_FRAMES);
    await send(attemptId, { nonce, frames, shownAtMs });
    const replayed = await send(randomUUID(), { nonce, frames, shownAtMs });
    expect(await replayed.json()).toEqual({ result: 'stale' });
    const other = randomUUID();
    await challenge(other);
    expect(await (await send(other, { nonce, frames, shownAtMs })).json()).toEqual({ result: 'stale' });
    expect(world.seen.verified).toHaveLength(1);
    expect(world.seen.grants.size).toBe(1);
  });

  it('is answered as before when it comes again; other pictures under its id are asked about by themselves', async () => {
    await enter('FLASHING');
    const attemptId = randomUUID();
    const { nonce } = await challenge(attemptId);
    const first = { nonce, frames: frames.slice(0, 2), shownAtMs };
    const judged = Promise.withResolvers<void>();
    world.script.verify = async () => {
      await judged.promise;
      return spoiled(ChallengeFailure.TOO_FEW_FRAMES);
    };
    const answer = send(attemptId, first);
    await waitFor('the look begins', () => world.seen.verified.length === 1);
    expect(await (await send(attemptId, { nonce, frames, shownAtMs })).json()).toEqual({ result: 'stale' });
    judged.resolve();
    const retry = { result: 'retry', problem: 'too_few_frames', attempts_left: 2 };
    for (const each of [await answer, await send(attemptId, first)]) {
      expect(await each.json()).toEqual(retry);
    }
    expect(world.seen.verified).toHaveLength(1);
  });

  it('for another session has that session’s nonce, and nobody looks', async () => {
    await enter('ACTIVE_3D');
    const attemptId = randomUUID();
    const { nonce } = await challenge(attemptId);
    await enter('ACTIVE_3D');
    await challenge(attemptId);
    expect(await (await send(attemptId, { nonce, frames, shownAtMs })).json()).toEqual({ result: 'stale' });
    expect(world.seen.verified).toEqual([]);
  });

  it('for another passive session raises a signal', async () => {
    const attemptId = randomUUID();
    const { nonce } = await challenge(attemptId);
    await enter();
    await challenge(attemptId);
    await send(attemptId, { nonce });
    expect(signal('auto_nonce_token_missing')).toMatchObject({ raised: true });
  });

  it('and comes after its challenge is over is stale; with a new challenge the same id takes a look', async () => {
    await enter('FLASHING');
    world.script.challengeLifetimeMs = -1;
    const attemptId = randomUUID();
    const { nonce } = await challenge(attemptId);
    expect(await (await send(attemptId, { nonce, frames, shownAtMs })).json()).toEqual({ result: 'stale' });
    expect(world.seen.grants.size).toBe(0);
    world.seen.challenges.clear();
    world.script.challengeLifetimeMs = 90_000;
    const renewed = await challenge(attemptId);
    const answer = await send(attemptId, { nonce: renewed.nonce, frames, shownAtMs });
    expect(await answer.json()).toMatchObject({ result: 'verdict' });
  });

  it('and put in another order breaks its signature and its times', async () => {
    await enter('FLASHING');
    const attemptId = randomUUID();
    const { nonce } = await challenge(attemptId);
    const honest = await packBundle({ image, frames, nonce, shownAtMs, key: await deviceKey() });
    const manifest = JSON.parse(honest.subarray(4, 4 + honest.readUInt32BE(0)).toString());
    const reordered = [...frames].reverse();
    const pictures = Buffer.concat([image, ...reordered.map((frame) => frame.image)]);
    manifest.frames = reordered.map((frame) => ({ bytes: frame.image.length, taken_at_ms: frame.takenAtMs }));
    await sendBytes(attemptId, assemble(Buffer.from(JSON.stringify(manifest)), pictures));
    expect(signal('capture_signature_invalid')).toMatchObject({ raised: true });
    expect(signal('cam_timestamp_monotonic')).toMatchObject({ raised: true });
  });

  it('is one event however often it comes', async () => {
    await enter('FLASHING');
    const attemptId = randomUUID();
    const { nonce } = await challenge(attemptId);
    world.script.verdictWaitMs = 100;
    world.script.decide = () => null;
    for (let turn = 0; turn < 2; turn++) await send(attemptId, { nonce, frames, shownAtMs });
    await waitFor('both tellings of it', () => world.seen.completedIds.length === 2);
    expect(new Set(world.seen.completedIds).size).toBe(1);
    expect(world.seen.grants.size).toBe(1);
  });
});

const spoiled = (...failures: ChallengeFailure[]) =>
  goodEvidence({
    challenge: {
      method: 'CHALLENGE_METHOD_FLASHING' satisfies ChallengeMethod,
      passed: false,
      score: 40,
      failures,
    },
  });

describe('a challenge that circumstances spoiled', () => {
  beforeEach(() => enter('FLASHING'));
  async function look(): Promise<unknown> {
    const attemptId = randomUUID();
    const { nonce } = await challenge(attemptId);
    return await (await send(attemptId, { nonce, frames, shownAtMs })).json();
  }

  it.each([
    [ChallengeFailure.TOO_MUCH_LIGHT, 'too_much_light'],
    [ChallengeFailure.TOO_FEW_FRAMES, 'too_few_frames'],
    [ChallengeFailure.POSE, 'pose_missed'],
    [ChallengeFailure.POSE_TIMING, 'pose_missed'],
  ])('by %s is asked for again with the reason', async (failure, problem) => {
    world.script.verify = () => spoiled(failure);
    expect(await look()).toEqual({ result: 'retry', problem, attempts_left: 2 });
    expect(world.seen.completed).toEqual([]);
  });

  it('is reported when it is the last one, when the workflow wants that, or when more speaks against it', async () => {
    world.script.verify = () => spoiled(ChallengeFailure.COLOURS, ChallengeFailure.TOO_MUCH_LIGHT);
    expect(await look()).toMatchObject({ result: 'verdict' });
    await enter('FLASHING');
    world.script.verify = () => spoiled(ChallengeFailure.TOO_MUCH_LIGHT);
    world.script.retriesUncertain = false;
    expect(await look()).toMatchObject({ result: 'verdict' });
    await enter('FLASHING');
    world.script.verify = () => spoiled(ChallengeFailure.TOO_MUCH_LIGHT);
    world.script.session = { ...world.script.session, attemptsLeft: 1 };
    expect(await look()).toMatchObject({ result: 'verdict' });
  });
});

describe('what can be watched', () => {
  it('is every upload by its answer, pages, and how much room is left', async () => {
    const { text: before } = await exposeMetrics();
    await fetch(at(''));
    const attemptId = randomUUID();
    await send(attemptId);
    await sendBytes(randomUUID(), Buffer.from('no bundle'));
    const { text } = await waitFor('the refusal is counted', async () => {
      const now = await exposeMetrics();
      return sumOf(now.text, 'selfsame_capture_uploads_total', { outcome: 'refused' }) > 0 && now;
    });
    const risen = (name: string, labels = {}) => sumOf(text, name, labels) - sumOf(before, name, labels);
    expect(risen('selfsame_capture_uploads_total', { outcome: 'verdict' })).toBe(1);
    expect(risen('selfsame_capture_upload_seconds_count', { outcome: 'verdict' })).toBe(1);
    expect(risen('selfsame_capture_upload_seconds_sum')).toBeGreaterThan(0);
    expect(risen('selfsame_capture_pages_total', { outcome: 'session' })).toBe(1);
    expect(sumOf(text, 'selfsame_capture_upload_slots', { state: 'free' })).toBeGreaterThan(0);
    expect(sumOf(text, 'selfsame_capture_live_channels')).toBe(0);
    expect(
      [attemptId, world.token, world.script.session.sessionId].filter((one) => text.includes(one)),
    ).toEqual([]);
  });
});
