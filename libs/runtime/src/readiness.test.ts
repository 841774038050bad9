import { waitFor } from '@selfsame/testing/wait';
import { afterEach, expect, test } from 'vitest';
import { createLifecycle } from './lifecycle.ts';
import { createLog } from './log.ts';
import { dependOn, silenceMs, silentDependencies } from './readiness.ts';

const { health, ready } = createLifecycle(createLog('unit', 'silent'));
ready();

/** A neighbour that can be away or hang. */
function neighbour() {
  const state = { is: 'there' as 'there' | 'away' | 'hanging', asked: 0, atOnce: 0, mostAtOnce: 0 };
  const answers = async () => {
    state.asked += 1;
    state.atOnce += 1;
    state.mostAtOnce = Math.max(state.mostAtOnce, state.atOnce);
    if (state.is === 'hanging') await new Promise(() => {});
    state.atOnce -= 1;
    if (state.is === 'away') throw new Error('away');
  };
  const asked = (times: number) => {
    const from = state.asked;
    return waitFor(`${times} questions`, () => state.asked >= from + times, { intervalMs: 1 });
  };
  return { state, answers, asked };
}

const closings: (() => void)[] = [];
afterEach(() => {
  for (const close of closings.splice(0)) close();
});

test('a service takes no traffic while its database has long been silent, and is alive and started throughout', async () => {
  const { state, answers, asked } = neighbour();
  closings.push(dependOn('database', answers, { everyMs: 5, silentAfterMs: 60 }));
  await asked(3);
  expect(health.ready()).toBe(true);
  state.is = 'away';
  await waitFor('not ready', () => !health.ready());
  expect(silentDependencies()).toEqual(['database']);
  expect([health.started(), health.live()]).toEqual([true, true]);
  state.is = 'there';
  await waitFor('ready again', () => health.ready());
});

test('a hiccup takes nobody out of service, and one answer brings nobody back', async () => {
  const { state, answers, asked } = neighbour();
  closings.push(dependOn('stream', answers, { everyMs: 5, silentAfterMs: 60_000 }));
  state.is = 'away';
  await asked(5);
  expect(health.ready()).toBe(true);

  const flapping = neighbour();
  flapping.state.is = 'away';
  let turn = 0;
  const everyOther = () => {
    turn += 1;
    return turn % 2 === 0 && turn > 10 ? Promise.resolve() : flapping.answers();
  };
  closings.push(dependOn('flapping', everyOther, { everyMs: 2, silentAfterMs: 5 }));
  await waitFor('silent', () => silentDependencies().includes('flapping'));
  await flapping.asked(10);
  expect(silentDependencies()).toContain('flapping');
});

test('an outage of less than a minute takes nobody out of service', async () => {
  const { state, answers, asked } = neighbour();
  let nowMs = 0;
  closings.push(dependOn('database', answers, { everyMs: 2, now: () => nowMs }));
  await asked(2);
  state.is = 'away';
  nowMs = 59_000;
  await asked(5);
  expect([health.ready(), silenceMs]).toEqual([true, 60_000]);
  nowMs = 60_000;
  await waitFor('not ready', () => !health.ready());
});

test('a neighbour that hangs is silent, and is asked one question at a time', async () => {
  const { state, answers } = neighbour();
  state.is = 'hanging';
  closings.push(dependOn('hung', answers, { everyMs: 2, silentAfterMs: 20, withinMs: 5 }));
  await waitFor('silent', () => silentDependencies().includes('hung'));
  expect(state.mostAtOnce).toBe(1);
});

test('what is closed is not missed', async () => {
  const { state, answers } = neighbour();
  state.is = 'away';
  const leave = dependOn('left', answers, { everyMs: 2, silentAfterMs: 5 });
  await waitFor('silent', () => silentDependencies().includes('left'));
  leave();
  expect(health.ready()).toBe(true);
});
