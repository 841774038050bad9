import { randomUUID } from 'node:crypto';
import {
  ChallengeFailure,
  ChallengeMethod,
  type FaceEvidence,
  ReferenceKind,
} from '@selfsame/contracts/biometrics/v1/evidence';
import { Challenge, type ChallengeFrame, HeadPose } from '@selfsame/contracts/biometrics/v1/service';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FlashStep } from '../src/challenge/challenge.ts';
import { FACE_REGIONS, regionColours } from '../src/challenge/regions.ts';
import { decode } from '../src/pipeline/decode.ts';
import type { Picture } from '../src/pipeline/picture.ts';
import { face, frames } from './faces.ts';
import { type FlashModel, type FlashScene, flashScene, LIVING_ROOM } from './flash-scene.ts';
import { newSession, openWorld, type World } from './harness.ts';
import { openLooker } from './looker.ts';
import { turnHead, turnPrint } from './motion-scene.ts';

let world: World;
/** A frame of p19 and where her face is in it. */
let model: FlashModel;
beforeAll(async () => {
  world = await openWorld();
  model = await modelOf(frames('genuine_p19')[0] ?? new Uint8Array());
});
afterAll(() => world.close());

/** Scenes are rendered smaller than a camera would see them: it is quicker, and harder. */
const SIDE = 448;

async function modelOf(image: Uint8Array): Promise<FlashModel> {
  const looker = await openLooker();
  const picture = await decode(image, SIDE);
  if ('refused' in picture) throw new Error(picture.refused);
  const [track] = await looker.tracks([{ image: await jpeg(picture) }]);
  if (!track || 'refused' in track || !track.landmarks) throw new Error('no face');
  return { picture, mesh: track.landmarks.mesh };
}

const jpeg = ({ rgb, width, height }: Picture): Promise<Buffer> =>
  sharp(rgb, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 85 })
    .toBuffer();

const STEPS: FlashStep[] = [0x00ffff, 0xff0000, 0x00ff00, 0xff00ff, 0x0000ff, 0xffff00].map((colour, at) => ({
  colour,
  startsAtMs: 300 * at,
  durationMs: 300,
}));
const FLASH = Challenge.fromPartial({ kind: { $case: 'flash', value: { steps: STEPS } } });

/** Frames of a scene before a screen, 90 ms apart. */
async function film(
  scene: Partial<FlashScene>,
  shown: readonly FlashStep[] = STEPS,
): Promise<ChallengeFrame[]> {
  const shoot = flashScene(model, { ...LIVING_ROOM, ...scene }, shown, 7);
  const taken: ChallengeFrame[] = [];
  for (let at = 0; at < 20; at += 1) {
    const takenAtMs = 10 + at * 90;
    taken.push({ takenAtMs, image: await jpeg(shoot(takenAtMs).picture) });
  }
  return taken;
}

const motion = (...steps: (readonly [HeadPose, promptedAtMs: number])[]) =>
  Challenge.fromPartial({
    kind: {
      $case: 'motion',
      value: { steps: steps.map(([pose, promptedAtMs]) => ({ pose, promptedAtMs, withinMs: 900 })) },
    },
  });

/** Every n-th frame of a sample video of 30 a second. */
const clip = (video: string, step: number): ChallengeFrame[] =>
  frames(video)
    .map((image, at) => ({ image: Buffer.from(image), takenAtMs: Math.round((at * 1000) / 30) }))
    .filter((_, at) => at % step === 0);

/** A look at `image` with a challenge. */
async function answer(
  challenge: Challenge,
  taken: readonly ChallengeFrame[],
  image: Uint8Array,
): Promise<FaceEvidence> {
  const evidence = await world.verify(newSession(), image, { challenge, frames: [...taken] });
  return evidence;
}

const signal = (evidence: FaceEvidence, name: string) =>
  evidence.mediaSignals.find((found) => found.name === name);
const first = (taken: readonly ChallengeFrame[]) => taken[0]?.image ?? Buffer.alloc(0);

test('regions of a plain picture have its colour, wherever a real mesh lies', () => {
  const rgb = model.picture.rgb.map((_, at) => [180, 120, 90][at % 3] ?? 0);
  const { face: colours, background, clipped } = regionColours({ ...model.picture, rgb }, model.mesh);
  const expected = [180, 120, 90].map((value) => ((value / 255 + 0.055) / 1.055) ** 2.4);
  for (const { red, green, blue } of [
    ...FACE_REGIONS.map((region) => colours[region]),
    background ?? colours.nose,
  ]) {
    for (const [channel, value] of [red, green, blue].entries()) {
      expect(value).toBeCloseTo(expected[channel] ?? 0, 6);
    }
  }
  expect(clipped).toBe(0);
});

describe('a flash challenge, rendered from a photo', () => {
  test('is met by a head', async () => {
    const taken = await film({ surface: 'head' });
    const evidence = await answer(FLASH, taken, first(taken));
    expect(evidence.challenge).toMatchObject({
      method: ChallengeMethod.FLASHING,
      passed: true,
      failures: [],
    });
    expect(evidence.challenge?.score).toBeGreaterThan(80);
    expect(signal(evidence, 'face_flash_response_corr')?.value).toBeGreaterThan(0.9);
    expect(
      Math.abs((signal(evidence, 'face_flash_latency_ms')?.value ?? 0) - LIVING_ROOM.delayMs),
    ).toBeLessThan(40);
    expect(evidence.mediaSignals.filter(({ raised, name }) => raised && name.startsWith('face_'))).toEqual(
      [],
    );
  });

  test.each<[string, Partial<FlashScene>, ChallengeFailure]>([
    ['a print', { surface: 'cutout' }, ChallengeFailure.FLAT_REFLECTION],
    ['a stream that nothing lights', { surface: 'none' }, ChallengeFailure.COLOURS],
  ])('is not met by %s', async (_, scene, failure) => {
    const taken = await film(scene);
    const { challenge } = await answer(FLASH, taken, first(taken));
    expect(challenge).toMatchObject({ passed: false });
    expect(challenge?.failures[0]).toBe(failure);
    expect(challenge?.score).toBeLessThan(50);
  });

  test('is not met by what answered another one', async () => {
    const other = STEPS.map((step, at) => ({ ...step, colour: STEPS[(at + 2) % 6]?.colour ?? 0 }));
    const taken = await film({ surface: 'head' }, other);
    expect((await answer(FLASH, taken, first(taken))).challenge?.failures).toEqual([
      ChallengeFailure.COLOUR_TIMING,
    ]);
  });
});

describe('a motion challenge', () => {
  const LEFT_AND_BACK = motion([HeadPose.LEFT, 700], [HeadPose.FRONT, 1700]);

  test('is met by a head that turns to its left and back', async () => {
    const taken = clip('turn_p01', 4);
    const evidence = await answer(LEFT_AND_BACK, taken, first(taken));
    expect(evidence.challenge).toMatchObject({
      method: ChallengeMethod.ACTIVE_3D,
      passed: true,
      failures: [],
    });
    // The median of four frames taken at random, of which those turned read 89 and the others 99.
    expect(evidence.challenge?.score).toBeGreaterThan(80);
    expect(signal(evidence, 'face_challenge_order_ok')).toMatchObject({ value: 1, raised: false });
    expect(signal(evidence, 'face_depth_parallax_score')?.value).toBeGreaterThan(0.15);
  });

  test('is not met on the other side, nor by a head that stays', async () => {
    const turned = clip('turn_p01', 4);
    const right = await answer(motion([HeadPose.RIGHT, 700], [HeadPose.FRONT, 1700]), turned, first(turned));
    expect(right.challenge?.failures).toContain(ChallengeFailure.POSE_ORDER);
    const still = clip('genuine_p01', 4);
    const stayed = await answer(motion([HeadPose.LEFT, 400]), still, first(still));
    expect(stayed.challenge?.failures).toEqual([ChallengeFailure.POSE]);
  });

  test('is not met when another face takes over, nor when another one is compared', async () => {
    const taken = clip('turn_p01', 4);
    const other = clip('genuine_p19', 4);
    const swapped = taken.map((frame, at) =>
      at < 11 ? frame : { ...frame, image: other[at - 8]?.image ?? frame.image },
    );
    expect((await answer(LEFT_AND_BACK, swapped, first(taken))).challenge?.failures).toContain(
      ChallengeFailure.IDENTITY,
    );
    expect((await answer(LEFT_AND_BACK, taken, first(other))).challenge?.failures).toEqual([
      ChallengeFailure.IDENTITY,
    ]);
  });

  /** Two seconds of something that moves to the full after half of one, with a sensor's noise. */
  async function filmTurn(shape: (share: number) => Picture): Promise<ChallengeFrame[]> {
    const taken: ChallengeFrame[] = [];
    for (let at = 0; at < 13; at += 1) {
      const picture = shape(Math.max(0, Math.min(1, (at - 3) / 2)));
      const rgb = picture.rgb.map((value) => value + Math.round(6 * (Math.random() - 0.5)));
      taken.push({ takenAtMs: at * 150, image: await jpeg({ ...picture, rgb }) });
    }
    return taken;
  }

  test('is met by a head that nods, rendered from a photo', async () => {
    const photo = await modelOf(face('img/p01_1.jpg'));
    const taken = await filmTurn((share) => turnHead(photo, { yaw: 0, pitch: 24 * share }));
    const { challenge } = await answer(motion([HeadPose.DOWN, 250]), taken, first(taken));
    expect(challenge).toMatchObject({ passed: true, failures: [] });
  });

  test('is not met by a photo that is turned instead of a head', async () => {
    const photo = await modelOf(face('img/p01_1.jpg'));
    const taken = await filmTurn((share) => turnPrint(photo, { yaw: 42 * share, pitch: 0 }));
    const { challenge } = await answer(motion([HeadPose.RIGHT, 250]), taken, first(taken));
    expect(challenge?.failures.slice(0, 2)).toContain(ChallengeFailure.FLAT_MOTION);
    expect(challenge?.failures).toContain(ChallengeFailure.POSE);
  });

  test.each<[string, (taken: ChallengeFrame[]) => ChallengeFrame[], ChallengeFailure]>([
    ['frames sent backwards', (taken) => taken.toReversed(), ChallengeFailure.FRAMES],
    [
      'one frame all along',
      (taken) => taken.map((frame) => ({ ...frame, image: first(taken) })),
      ChallengeFailure.FRAMES,
    ],
    ['no frames', () => [], ChallengeFailure.TOO_FEW_FRAMES],
    ['every fourth frame', (taken) => taken.filter((_, at) => at % 4 === 0), ChallengeFailure.TOO_FEW_FRAMES],
  ])('is not met by %s', async (_, change, failure) => {
    const taken = clip('turn_p01', 4);
    expect((await answer(LEFT_AND_BACK, change(taken), first(taken))).challenge?.failures).toContain(failure);
  });
});

test('a passive look says nothing of challenges', async () => {
  const { challenge, mediaSignals } = await world.verify(newSession(), 'img/p04_1.jpg');
  expect(challenge).toBeUndefined();
  expect(
    mediaSignals.some(({ name }) => name.startsWith('face_flash') || name.startsWith('face_challenge')),
  ).toBe(false);
});

describe('what a caller puts together wrong is refused', () => {
  const frame: ChallengeFrame = { takenAtMs: 5, image: Buffer.from('not an image') };
  const steps = (...given: FlashStep[]) =>
    Challenge.fromPartial({ kind: { $case: 'flash', value: { steps: given } } });
  const step: FlashStep = { colour: 0xff0000, startsAtMs: 0, durationMs: 300 };

  test.each<[string, Challenge | undefined, ChallengeFrame[], string]>([
    ['frames without a challenge', undefined, [frame], 'request_invalid'],
    ['a challenge of no kind', Challenge.fromPartial({}), [frame], 'request_invalid'],
    ['33 frames', FLASH, Array.from({ length: 33 }, () => frame), 'request_invalid'],
    [
      'a frame of more than 1 MB',
      FLASH,
      [{ ...frame, image: Buffer.alloc(1024 * 1024 + 1) }],
      'image_too_large',
    ],
    [
      '11 MB in all',
      FLASH,
      Array.from({ length: 11 }, () => ({ ...frame, image: Buffer.alloc(1024 * 1024) })),
      'image_too_large',
    ],
    ['a frame from tomorrow', FLASH, [{ ...frame, takenAtMs: 86_400_000 }], 'request_invalid'],
    ['an undecodable frame', FLASH, [frame], 'image_undecodable'],
    ['no steps', steps(), [frame], 'request_invalid'],
    ['steps out of order', steps(step, step), [frame], 'request_invalid'],
    ['a colour beyond white', steps({ ...step, colour: 0x1000000 }), [frame], 'request_invalid'],
    ['a step that takes no time', steps({ ...step, durationMs: 0 }), [frame], 'request_invalid'],
    ['a pose of no kind', motion([HeadPose.UNSPECIFIED, 0]), [frame], 'request_invalid'],
  ])('%s', async (_, challenge, taken, code) => {
    const call = world.client.verify({
      ...newSession(),
      attemptId: randomUUID(),
      reference: ReferenceKind.NONE,
      image: Buffer.from(face('img/p04_1.jpg')),
      challenge,
      frames: taken,
    });
    await expect(call).rejects.toMatchObject({ code, kind: 'invalid', retryable: false });
  });
});
