import { describe, expect, it } from 'vitest';
import { looksLikeImage } from './image-bytes.ts';
import { clientOf, createRateLimit } from './rate-limit.ts';
import { phaseOf, toldUntil } from './session-phase.ts';

describe('the phase of a session', () => {
  const now = new Date('2026-05-01T12:00:00Z');
  const later = new Date('2026-05-02T12:00:00Z');

  it.each([
    ['Not Started', 3, 'ready'],
    ['In Progress', 1, 'ready'],
    ['In Progress', 0, 'deciding'],
    ['Not Finished', 2, 'ready'],
    ['Resubmitted', 2, 'ready'],
    ['Abandoned', 2, 'ready'],
    ['Approved', 0, 'finished'],
    ['Declined', 2, 'finished'],
    ['In Review', 2, 'finished'],
    ['Expired', 3, 'expired'],
    ['Kyc Expired', 0, 'expired'],
  ])('of %s with %i attempts left before its end is %s', (status, attemptsLeft, phase) => {
    expect(phaseOf({ status, attemptsLeft, expiresAt: later }, now)).toBe(phase);
  });

  it.each(['Not Started', 'In Progress', 'Abandoned'])('of %s is expired once its time is over', (status) => {
    expect(phaseOf({ status, attemptsLeft: 3, expiresAt: now }, now)).toBe('expired');
  });

  it('is locked until the lock ends, unless it is over', () => {
    const locked = { status: 'In Progress', attemptsLeft: 0, expiresAt: later, lockedUntil: later };
    expect(phaseOf(locked, now)).toBe('locked');
    expect(phaseOf({ ...locked, attemptsLeft: 3, lockedUntil: now }, now)).toBe('ready');
    expect(phaseOf({ ...locked, status: 'Declined' }, now)).toBe('finished');
    expect(phaseOf({ ...locked, expiresAt: now }, now)).toBe('expired');
    expect(toldUntil(new Date('2026-05-01T12:00:00.001Z'))).toBe('2026-05-01T12:01:00.000Z');
  });

  it('of a verdict stays finished for ever', () => {
    expect(phaseOf({ status: 'Approved', attemptsLeft: 0, expiresAt: now }, later)).toBe('finished');
  });
});

describe('a rate limit', () => {
  it('gives a burst at once and then as much as flows in', () => {
    const limit = createRateLimit({ perMinute: 60, burst: 2 });
    expect([limit.take('a', 0), limit.take('a', 0), limit.take('a', 0)]).toEqual([0, 0, 1]);
    expect(limit.take('b', 0)).toBe(0);
    expect(limit.take('a', 1_000)).toBe(0);
    expect(limit.take('a', 1_000)).toBe(1);
  });

  it('says how long to wait without taking anything', () => {
    const limit = createRateLimit({ perMinute: 6, burst: 1 });
    expect(limit.wait('a', 0)).toBe(0);
    limit.take('a', 0);
    expect(limit.wait('a', 0)).toBe(10);
  });

  it('holds a bounded number of keys and forgets the longest unused', () => {
    const limit = createRateLimit({ perMinute: 1, burst: 1, maxKeys: 2 });
    for (const key of ['a', 'b', 'a', 'c']) limit.take(key, 0);
    expect(limit.wait('a', 0)).toBeGreaterThan(0);
    expect(limit.wait('b', 0)).toBe(0);
  });
});

describe('a client', () => {
  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::9', '2001:db8:1:2'],
    ['2001:db8::9', '2001:db8:0:0'],
    ['2001:db8::5:6:7:8:9', '2001:db8:0:5'],
    ['2001:0DB8::1:0:0:0:9', '2001:db8:0:1'],
    ['2001:db8:1:2:3::', '2001:db8:1:2'],
    ['::ffff:cb00:7109', '203.0.113.9'],
    ['64:ff9b::203.0.113.9', '64:ff9b:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['::1', '0:0:0:0'],
    ['::2:0:0:0:1', '0:0:0:2'],
  ])('%s counts as %j', (address, client) => {
    expect(clientOf(address)).toBe(client);
  });
});

describe('an image', () => {
  it('is known by its first bytes', () => {
    expect(looksLikeImage(Buffer.from([0xff, 0xd8, 0xff, 0xe0]))).toBe(true);
    expect(looksLikeImage(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'))).toBe(true);
    expect(looksLikeImage(Buffer.from('RIFF1234WEBPVP8 ', 'latin1'))).toBe(true);
    expect(looksLikeImage(Buffer.from('<svg>'))).toBe(false);
    expect(looksLikeImage(Buffer.of())).toBe(false);
  });
});
