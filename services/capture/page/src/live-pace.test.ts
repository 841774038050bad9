import { expect, it } from 'vitest';
import { adapt, firstPace, type Outcome, type Pace } from './live-pace.ts';

const answers = (count: number, afterMs: number, waitingBytes = 0): Outcome[] =>
  Array.from({ length: count }, () => ({ is: 'answered', afterMs, waitingBytes }));
const after = (outcomes: Outcome[], from: Pace = firstPace) => outcomes.reduce(adapt, from);

it('reaches eight questions a second on a quick link, with the largest thumbnail', () => {
  expect(after(answers(20, 40))).toMatchObject({ intervalMs: 125, side: 320, bytesMax: 8_000 });
});

it('sinks to one a second and the smallest thumbnail on a link that takes a second', () => {
  expect(after(answers(20, 1_000))).toMatchObject({ intervalMs: 1_000, side: 192 });
});

it('leaves half of the time to the link', () => {
  const { intervalMs, answerMs } = after(answers(40, 400));
  expect(intervalMs).toBeGreaterThanOrEqual(1.5 * answerMs - 1);
});

it('slows down when thumbnails pile up in the socket', () => {
  const pace = after(answers(1, 100, 8_000));
  expect(pace.intervalMs).toBeGreaterThan(firstPace.intervalMs);
  expect(pace.side).toBeLessThan(firstPace.side);
});

it('asks a busy service less often, without smaller thumbnails', () => {
  expect(adapt(firstPace, { is: 'busy' })).toMatchObject({ intervalMs: 375, side: 320 });
});

it('asks seldom after an answer that came too late, and recovers', () => {
  const late = adapt(firstPace, { is: 'late' });
  expect(late).toMatchObject({ intervalMs: 1_000, side: 256 });
  expect(after(answers(30, 40), late)).toMatchObject({ intervalMs: 125, side: 320 });
});
