import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { keyed } from './keyed.ts';

const root = randomBytes(32);

it('is the same for the same, and another under another key', () => {
  expect(keyed(root, 'subject', 'app', 'anna')).toEqual(keyed(root, 'subject', 'app', 'anna'));
  expect(keyed(randomBytes(32), 'subject', 'app', 'anna')).not.toEqual(keyed(root, 'subject', 'app', 'anna'));
});

it('is never the same for another use, or for parts that end elsewhere', () => {
  const derived = [
    keyed(root, 'share token'),
    keyed(root, 'subject', 'a', 'b\0c'),
    keyed(root, 'subject', 'a\0b', 'c'),
    keyed(root, 'subject', 'a', '"b","c"'),
    keyed(root, 'subject', 'a","b', 'c'),
    keyed(root, 'audience key', 'a', 'b\0c'),
    keyed(root, 'consent nonce', 'a', 'b\0c'),
    keyed(root, 'import request', 'a'),
  ].map((bytes) => bytes.toString('hex'));
  expect(new Set(derived).size).toBe(derived.length);
});
