import sharp, { type Sharp } from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { weigh } from '../src/domain/evidence.ts';
import { VERIFY_GATES } from '../src/domain/gates.ts';
import type { Looker } from '../src/pipeline/look.ts';
import { face, frames } from './faces.ts';
import { lookAt, openLooker } from './looker.ts';

let looker: Looker;
beforeAll(async () => {
  looker = await openLooker();
});

/** Every trace of a picture by its name, as other services are told it. */
async function traces(picture: string | Uint8Array): Promise<Record<string, number>> {
  const { media } = weigh(await lookAt(looker, picture), VERIFY_GATES, { outcome: 'not_asked' });
  return Object.fromEntries(media.map(({ name, value }) => [name, value]));
}

const changed = async (name: string, change: (picture: Sharp) => Sharp) =>
  new Uint8Array(
    await change(sharp(face(name)))
      .jpeg({ quality: 92 })
      .toBuffer(),
  );

describe('how a person stands before the camera is told', () => {
  test('which way the head is turned and whether the eyes are open', async () => {
    const angles = [];
    for (const frame of frames('turn_p01').filter((_, at) => at % 15 === 0)) {
      angles.push((await traces(frame)).face_yaw_deg ?? 0);
    }
    expect(Math.min(...angles)).toBeLessThan(-25);
    const leaning = await changed('img/p01_1.jpg', (picture) => picture.rotate(15, { background: '#888' }));
    const upright = await traces('img/p01_1.jpg');
    const roll = (await traces(leaning)).face_roll_deg ?? 0;
    expect(Math.abs(roll - (upright.face_roll_deg ?? 0))).toBeGreaterThan(10);
    expect(upright.face_eye_openness).toBeGreaterThan(0.2);
    expect((await traces('img/p02_4.jpg')).face_eye_openness).toBeLessThan(0.2);
  });

  test('where in the picture it is and who else is', async () => {
    const two = await traces('edge/two_faces.jpg');
    expect(two.face_second_face_size_ratio).toBeGreaterThan(0.25);
    const alone = await traces('img/p01_1.jpg');
    expect(alone).not.toHaveProperty('face_second_face_size_ratio');
    const beside = await changed('img/p01_1.jpg', (picture) =>
      picture.extend({ left: 900, background: '#444' }),
    );
    expect((await traces(beside)).face_centre_offset).toBeGreaterThan((alone.face_centre_offset ?? 0) + 0.1);
    expect((await traces(beside)).face_box_ratio).toBeLessThan(alone.face_box_ratio ?? 0);
  });

  test('pixels between the eyes count in the picture as it was sent', async () => {
    const large = await changed('img/p01_1.jpg', (picture) => picture.resize({ width: 1280 }));
    const [sent, enlarged] = [await traces('img/p01_1.jpg'), await traces(large)];
    const factor = 1280 / (sent.media_width_px ?? 1);
    expect(enlarged.media_width_px).toBe(1280);
    expect((enlarged.face_inter_eye_px ?? 0) / (sent.face_inter_eye_px ?? 1)).toBeCloseTo(factor, 0);
  });

  test('without a face there is nothing to tell', async () => {
    expect(await traces('edge/no_face.jpg')).toEqual({});
  });
});

describe('how the picture was taken is told', () => {
  test('a picture blurred to one side has edges of one direction', async () => {
    const line = (isOn: (column: number, row: number) => boolean) => ({
      width: 9,
      height: 9,
      kernel: Array.from({ length: 81 }, (_, at) => Number(isOn(at % 9, Math.floor(at / 9)))),
    });
    const moved = async (isOn: (column: number, row: number) => boolean) =>
      (await traces(await changed('img/p01_1.jpg', (picture) => picture.convolve(line(isOn)))))
        .media_motion_blur_direction ?? 0;
    const still = (await traces('img/p01_1.jpg')).media_motion_blur_direction ?? 0;
    const [toASide, upAndDown] = [await moved((_, row) => row === 4), await moved((column) => column === 4)];
    expect(toASide).toBeLessThan(still);
    expect(upAndDown).toBeGreaterThan(still);
    expect(upAndDown - toASide).toBeGreaterThan(0.1);
  });

  test('a grey picture has no colour, and a small file few bytes for each pixel', async () => {
    const grey = await traces(await changed('img/p01_1.jpg', (picture) => picture.grayscale()));
    expect(grey.media_saturation).toBeLessThan(0.02);
    const small = new Uint8Array(await sharp(face('img/p01_1.jpg')).jpeg({ quality: 40 }).toBuffer());
    expect(await traces(small)).toMatchObject({ media_jpeg_quality: 40 });
    expect((await traces(small)).media_bytes_per_pixel).toBeLessThan(grey.media_bytes_per_pixel ?? 0);
  });

  test('light from one side, and what is behind a head', async () => {
    const { width = 0, height = 0 } = await sharp(face('img/p01_1.jpg')).metadata();
    const shaded = async (lightAt: (share: number) => number) => {
      const row = Array.from({ length: width }, (_, x) => Math.round(255 * lightAt(x / width)));
      const grey = Buffer.from(Array.from({ length: height }, () => row).flat());
      const input = await sharp(grey, { raw: { width, height, channels: 1 } })
        .png()
        .toBuffer();
      return traces(await changed('img/p01_1.jpg', (one) => one.composite([{ input, blend: 'multiply' }])));
    };
    const [left, right] = [
      await shaded((share) => 1 - 0.8 * share),
      await shaded((share) => 0.2 + 0.8 * share),
    ];
    expect(left.face_side_light).toBeGreaterThan((right.face_side_light ?? 0) + 0.1);
    const dark = await changed('img/p01_1.jpg', (one) =>
      one.extend({ left: 150, right: 150, background: '#000' }),
    );
    const bright = await changed('img/p01_1.jpg', (one) =>
      one.extend({ left: 150, right: 150, background: '#fff' }),
    );
    const [night, day] = [await traces(dark), await traces(bright)];
    expect(day.media_background_brightness).toBeGreaterThan((night.media_background_brightness ?? 1) + 0.3);
  });
});
