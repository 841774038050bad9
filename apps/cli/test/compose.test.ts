import type { StoryEntry } from '@selfsame/bus/story';
import { expect, test } from 'vitest';
import { traceText } from '../src/trace/text.ts';
import { composeTrace, type Known } from '../src/trace/trace.ts';

const sessionId = '01a20097-8c2e-7836-8279-c92203e55004';
const start = Date.parse('2026-11-21T10:00:00Z');
const at = (ms: number) => new Date(start + ms);
const plain = (_: unknown, text: string) => text;

const entry = (ms: number, kind: string, more: Partial<StoryEntry> = {}): StoryEntry => ({
  at: at(ms),
  service: 'session',
  kind,
  text: kind,
  facts: {},
  ...more,
});
const changed = (ms: number, id: string, streamSequence: number | null) =>
  entry(ms, 'status', {
    facts: { status: 'Approved', attempt_id: 'a-1', frame_received_at: at(ms - 40) },
    event: { id, name: 'session.status_changed', streamSequence },
  });
const consumers = ['biometrics', 'fraud-signals', 'webhook-dispatcher'].map(
  (service) => `${service}-session-status_changed`,
);

function compose(entries: StoryEntry[], known: Partial<Known> = {}, now = at(60_000)) {
  return composeTrace({
    sessionId,
    applicationId: 'application',
    slug: 'demo',
    entries: [entry(0, 'created', { facts: { status: 'Approved' } }), ...entries],
    known: { handled: [], buried: [], consumers: [], ...known },
    unread: [],
    now,
  });
}
const handled = (ms: number) =>
  consumers.map((consumer) => ({ consumer, eventId: 'e', handledAt: at(ms), streamSequence: 7 }));

test('from frame to verdict to the first byte of the webhook, as the services say', () => {
  const tried = entry(120, 'delivery_try', { facts: { event_id: 'e' } });
  const { looks, story } = compose([tried, changed(100, 'e', 7)], { handled: handled(110), consumers });
  expect(looks).toEqual([
    {
      attempt_id: 'a-1',
      status: 'Approved',
      frame_to_verdict_ms: 40,
      verdict_to_webhook_ms: 20,
      frame_to_webhook_ms: 60,
    },
  ]);
  expect(story.map(({ kind, offset_ms, gap_ms }) => [kind, offset_ms, gap_ms])).toEqual([
    ['created', 0, 0],
    ['frame', 60, 60],
    ['status', 100, 40],
    ['delivery_try', 120, 20],
  ]);
  expect(story[2]?.event?.handled.map(({ by, after_ms }) => [by, after_ms])).toEqual([
    ['biometrics', 10],
    ['fraud-signals', 10],
    ['webhook-dispatcher', 10],
  ]);
});

test('an event that nobody has published stands out, once it is not a matter of moments', () => {
  const entries = [changed(100, 'e', null)];
  expect(compose(entries, { consumers }, at(1_000)).problems).toEqual([]);
  expect(compose(entries, { consumers }).problems.map(({ text }) => text)).toEqual([
    expect.stringContaining('not published'),
  ]);
});

test('a consumer that is behind and a dead letter are named with what to do', () => {
  const letters = [{ consumer: consumers[2] ?? '', eventId: 'e', reason: 'http_error', deliveries: 30 }];
  const { problems } = compose([changed(100, 'e', 7)], {
    handled: handled(110).slice(0, 1),
    buried: letters,
    consumers,
  });
  expect(problems).toHaveLength(1);
  expect(problems[0]?.text).toContain('fraud-signals has not handled session.status_changed');
  expect(problems[0]?.text).toContain('pnpm dead-letters list --service webhook-dispatcher');
});

test('evidence that was given up explains the attempt that it leaves open', () => {
  const buried = [
    {
      consumer: 'session-capture-completed',
      eventId: `${sessionId}/a-1`,
      reason: 'internal',
      deliveries: 30,
    },
  ];
  const { problems } = compose([entry(10, 'attempt', { facts: { attempt_id: 'a-1' } })], { buried });
  expect(problems.map(({ text }) => text)).toEqual([expect.stringContaining('gave its evidence up')]);
});

test('a very long story is shortened in the middle, and nothing that is wrong is left out', () => {
  const many = Array.from({ length: 300 }, (_, index) =>
    entry(index, 'attempt', { text: `look ${index}`, ...(index === 150 && { problem: 'it broke off' }) }),
  );
  const told = compose(many);
  const short = traceText(told, plain, { isWhole: false });
  expect(short).toMatch(/… \d+ entries left out; --all shows them/);
  expect(short).toContain('look 150');
  expect(short).not.toContain('look 140');
  expect(short.split('\n').length).toBeLessThan(120);
  expect(traceText(told, plain, { isWhole: true })).toContain('look 140');
  expect(short.split('\n').every((line) => line.length <= 100)).toBe(true);
});
