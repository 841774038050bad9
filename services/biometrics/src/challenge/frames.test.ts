import { expect, test } from 'vitest';
import type { Picture } from '../pipeline/picture.ts';
import { fingerprint, grainCorrelation, likenessDistance } from './fingerprint.ts';
import { judgeFrames, type TimedFrame } from './frames.ts';

/** A picture of soft shapes with fresh noise: the same place, seen by a camera once more. */
function seen(noise: number, shade = 0): Picture {
  const [width, height] = [160, 120];
  const rgb = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const base = 110 + 50 * Math.sin(x / 23 + shade) * Math.cos(y / 17);
      const value = base + noise * (Math.random() + Math.random() + Math.random() - 1.5);
      rgb.fill(Math.max(0, Math.min(255, Math.round(value))), (y * width + x) * 3, (y * width + x) * 3 + 3);
    }
  }
  return { width, height, rgb };
}

let file = 0;
const frameOf = (picture: Picture, takenAtMs: number, bytes = `file ${file++}`): TimedFrame => ({
  takenAtMs,
  fingerprint: fingerprint(Buffer.from(bytes), picture),
});

const burst = (length: number) => Array.from({ length }, (_, at) => frameOf(seen(8), at * 100));

test('frames of a camera are in order', () => {
  const { failures, signals } = judgeFrames(burst(20));
  expect(failures).toEqual([]);
  expect(signals.map(({ raised }) => raised)).toEqual([false, false]);
});

test.each<[string, (frames: TimedFrame[]) => TimedFrame[], string[]]>([
  ['times that stand still', (all) => all.map((frame) => ({ ...frame, takenAtMs: 5 })), ['frames']],
  ['frames sent backwards', (all) => all.toReversed(), ['frames']],
  [
    'a loop',
    (all) =>
      all.map((frame, at) => ({ ...frame, fingerprint: all[at % 5]?.fingerprint ?? frame.fingerprint })),
    ['frames'],
  ],
  [
    'one frame that comes back',
    (all) => all.with(15, { ...all[2], takenAtMs: 1500 } as TimedFrame),
    ['frames'],
  ],
  [
    'a frozen stream',
    (all) =>
      all.map((frame, at) =>
        at < 10 ? frame : { ...frame, fingerprint: all[9]?.fingerprint ?? frame.fingerprint },
      ),
    ['frames'],
  ],
  [
    'a slow camera, asked too often',
    (all) =>
      all.map((frame, at) =>
        at % 4 === 1 ? { ...frame, fingerprint: all[at - 1]?.fingerprint ?? frame.fingerprint } : frame,
      ),
    [],
  ],
])('%s', (_, change, failures) => {
  expect(judgeFrames(change(burst(20))).failures).toEqual(failures);
});

test('a still image is one, however often it is encoded anew', () => {
  const still = seen(8);
  const again = (): Picture => {
    // What another round of JPEG at high quality changes: a step here and there.
    const rgb = still.rgb.map((value) => (Math.random() < 0.05 ? value + 1 : value));
    return { ...still, rgb };
  };
  const { failures, signals } = judgeFrames(
    Array.from({ length: 12 }, (_, at) => frameOf(again(), at * 100)),
  );
  expect(failures).toEqual(['frames']);
  expect(signals).toContainEqual({ name: 'media_noise_static', value: 1, raised: true });
});

test('a likeness stays when noise changes and goes when the scene does', () => {
  const [one, again, other] = [seen(4), seen(4), seen(4, 2)].map(
    (picture) => frameOf(picture, 0).fingerprint,
  );
  if (!one || !again || !other) throw new Error('three pictures');
  expect(likenessDistance(one, one)).toBe(0);
  expect(likenessDistance(one, again)).toBeLessThan(6);
  expect(likenessDistance(one, other)).toBeGreaterThan(10);
  expect(grainCorrelation(one, one)).toBeCloseTo(1, 10);
  expect(Math.abs(grainCorrelation(one, again))).toBeLessThan(0.3);
});
